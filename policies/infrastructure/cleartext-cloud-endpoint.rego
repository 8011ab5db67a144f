# METADATA
# scope: package
# title: Service takes unencrypted connections
# description: >-
#   What users send, passwords and sessions among it, goes over the network in the clear; anyone on the way
#   reads and changes it.
# custom:
#   id: policy/infrastructure/cleartext-cloud-endpoint
#   severity: medium
#   cwe: [319]
#   owasp: ["A02:2021", "A05:2021"]
#   asvs: [v4.0.3-9.1.1, v5.0.0-12.2.1]
#   remedy: >-
#     redirect port 80 to HTTPS and serve with a certificate; switch on what asks for TLS
#   bad: |
#     protocol = "HTTP"
#     default_action { type = "forward" }
#   good: |
#     protocol = "HTTP"
#     default_action {
#       type = "redirect"
#       redirect { protocol = "HTTPS", port = "443", status_code = "HTTP_301" }
#     }
package stageclear.infrastructure.cleartext_cloud_endpoint

import data.stageclear.helpers.cloud

told(resource, fact, what, severity) := {
	"msg": sprintf("`%s` %s", [resource.name, what]),
	"location": fact.location,
	"severity": severity,
	"confidence": "medium",
	"content": resource.name,
}

# Balancers without a public address.
internal := {resource.name |
	some resource in cloud.of({"aws_lb", "aws_alb"})
	count(cloud.on(resource, "internal")) > 0
} | {resource.name |
	some resource in cloud.of({"AWS::ElasticLoadBalancingV2::LoadBalancer"})
	count(cloud.says(resource, "scheme", {"internal"})) > 0
}

deny contains told(resource, fact, "passes plain HTTP on", "medium") if {
	some resource in cloud.of({"aws_lb_listener", "aws_alb_listener", "AWS::ElasticLoadBalancingV2::Listener"})
	some fact in cloud.says(resource, "protocol", {"http"})
	some key in {"default_action.type", "default_actions.type"}
	count(cloud.says(resource, key, {"forward"})) > 0
	count(cloud.refers(resource, "load_balancer_arn") & internal) == 0
}

viewers := {
	"default_cache_behavior.viewer_protocol_policy", "ordered_cache_behavior.viewer_protocol_policy",
	"distribution_config.default_cache_behavior.viewer_protocol_policy", "distribution_config.cache_behaviors.viewer_protocol_policy",
}

deny contains told(resource, fact, "serves plain HTTP", "medium") if {
	some resource in cloud.resources
	some key in viewers
	some fact in cloud.says(resource, key, {"allow-all"})
}

# Switches that ask for TLS.
switches := {
	"https_traffic_only_enabled": "medium", "enable_https_traffic_only": "medium", "https_only": "medium",
	"ssl_enforcement_enabled": "medium", "domain_endpoint_options.enforce_https": "medium", "transit_encryption_enabled": "low",
	"settings.ip_configuration.require_ssl": "low",
}

deny contains told(resource, fact, sprintf("switches `%s` off", [key]), severity) if {
	some resource in cloud.resources
	some key, severity in switches
	some fact in cloud.off(resource, key)
}

deny contains told(resource, fact, "takes connections without TLS", "medium") if {
	some resource in cloud.of({"azurerm_redis_cache"})
	some key in {"enable_non_ssl_port", "non_ssl_port_enabled"}
	some fact in cloud.on(resource, key)
}
