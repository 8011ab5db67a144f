# METADATA
# scope: package
# title: Admin panel without a login
# description: >-
#   Libraries make a panel that shows and changes all tables. Some of them ask nobody who comes unless they are told how:
#   whoever knows the address reads and changes everything.
# related_resources:
#   - https://flask-admin.readthedocs.io/en/stable/introduction.html#authorization-permissions
#   - https://docs.adminjs.co/installation/plugins/express#authentication
# custom:
#   id: policy/endpoints/open-admin-panel
#   severity: high
#   cwe: [306]
#   owasp: ["A01:2021"]
#   asvs: [v4.0.3-4.3.1, v5.0.0-8.2.1]
#   remedy: >-
#     tell the library who may come: `buildAuthenticatedRouter` of AdminJS, `is_accessible` of Flask-Admin's views,
#     `authentication_backend` of sqladmin, or mount it behind a middleware that asks
#   bad: |
#     admin = Admin(app)
#     admin.add_view(ModelView(User, db.session))
#   good: |
#     class AdminView(ModelView):
#         def is_accessible(self):
#             return current_user.is_authenticated and current_user.is_admin
#     admin.add_view(AdminView(User, db.session))
package stageclear.endpoints.open_admin_panel

import data.stageclear.lib

deny contains violation if {
	some disclosure in object.get(input, "disclosures", [])
	disclosure.kind == "open-panel"
	lib.in_production(disclosure)
	violation := {
		"msg": "this panel over the tables of the application asks nobody who comes",
		"location": disclosure.location,
		"confidence": "medium",
		"content": disclosure.kind,
	}
}
