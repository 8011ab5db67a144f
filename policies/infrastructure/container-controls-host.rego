# METADATA
# scope: package
# title: Container controls its host
# description: >-
#   The Docker socket, privileged mode and the host's process table make a container as mighty as root on the
#   host: whoever breaks into the program owns the machine and everything else on it.
# custom:
#   id: policy/infrastructure/container-controls-host
#   severity: high
#   cwe: [250, 668]
#   owasp: ["A05:2021"]
#   asvs: [v4.0.3-1.2.1, v4.0.3-1.14.5, v5.0.0-13.2.2]
#   remedy: >-
#     leave it out; where a tool needs the socket, put a proxy in front that allows only what it reads
#   bad: |
#     volumes: ["/var/run/docker.sock:/var/run/docker.sock"]
#   good: |
#     volumes: ["data:/data"]
package stageclear.infrastructure.container_controls_host

import data.stageclear.lib

# Tools whose purpose needs it; the risk is theirs all the same, and told lower.
tools := `(?:^|/)(?:portainer|traefik|watchtower|dozzle|docker-socket-proxy|socket-proxy|cadvisor|node-exporter|promtail|alloy|autoheal|nginx-proxy|docker-gen|acme-companion|netdata|datadog|agent|dockge|yacht|homepage|uptime-kuma|diun|vector|fluent-bit|filebeat|dind|docker|buildkit|gitlab-runner|act_runner|coolify)(?:-[a-z]+)?(?:[:@]|$)`

is_tool(resource) if {
	some image in resource.facts.image
	regex.match(tools, image.value)
}

# What imitates a cloud on a developer's machine starts what it imitates.
imitates(resource) if {
	some image in resource.facts.image
	regex.match(`(?:^|/)(?:localstack|ministack|[a-z-]*emulator)(?:-[a-z]+)?(?:[:@]|$)`, image.value)
}

lower_told(resource) if is_tool(resource)

lower_told(resource) if imitates(resource)

severity(resource) := "medium" if lower_told(resource)

severity(resource) := "high" if not lower_told(resource)

socket(path) if regex.match(`(?:^|/)(?:docker|containerd|crio|podman)\.sock$`, path)

whole(path) if path in {"/", "/etc", "/root", "/proc", "/var/lib/docker", "/var/lib/kubelet", "/var/run", "/run"}

deny contains violation if {
	some service in lib.resources_of("service")
	some mount in service.facts.mount
	socket(mount.value.source)
	violation := {
		"title": "Docker socket is mounted into a container",
		"msg": sprintf("`%s` starts any container on the host, as root; `:ro` does not change that", [service.name]),
		"location": mount.location,
		"severity": severity(service),
		"content": sprintf("%s socket", [service.name]),
	}
}

# What prepares a pod is gone when the pod runs, and takes no requests.
for_its_time(item) := "medium" if item.facts.init

for_its_time(item) := severity(item) if not item.facts.init

deny contains violation if {
	some kind in ["service", "container"]
	some item in lib.resources_of(kind)
	some privileged in item.facts.privileged
	privileged.value == true
	violation := {
		"title": "Privileged container",
		"msg": sprintf("`%s` has all rights of the host's root", [item.name]),
		"location": privileged.location,
		"severity": for_its_time(item),
		"content": sprintf("%s privileged", [item.name]),
	}
}

deny contains violation if {
	some service in lib.resources_of("service")
	some capability in service.facts.cap_add
	upper(trim_prefix(capability.value, "CAP_")) in {"ALL", "SYS_ADMIN", "SYS_MODULE", "SYS_PTRACE"}
	violation := {
		"title": sprintf("Container with %s", [capability.value]),
		"msg": sprintf("`%s` gets a capability that leads out of the container", [service.name]),
		"location": capability.location,
		"severity": "medium",
		"content": sprintf("%s %s", [service.name, capability.value]),
	}
}

deny contains violation if {
	some item in lib.resources_of("container")
	some capability in item.facts.capability
	upper(capability.value) in {"ALL", "SYS_ADMIN", "SYS_MODULE", "SYS_PTRACE"}
	violation := {
		"title": sprintf("Container with %s", [capability.value]),
		"msg": sprintf("`%s` gets a capability that leads out of the container", [item.name]),
		"location": capability.location,
		"severity": "medium",
		"content": sprintf("%s %s", [item.name, capability.value]),
	}
}

deny contains violation if {
	some item in lib.resources_of("container")
	some path in item.facts["host-path"]
	reason := host_path(path.value)
	violation := {
		"title": "Host's files in a container",
		"msg": sprintf("`%s` mounts %s of the node", [item.name, reason]),
		"location": path.location,
		"severity": "high",
		"content": sprintf("%s %s", [item.name, path.value]),
	}
}

host_path(path) := "the container runtime's socket" if socket(path)

host_path(path) := sprintf("`%s`", [path]) if whole(path)

deny contains violation if {
	some service in lib.resources_of("service")
	some key in ["pid", "ipc"]
	some mode in service.facts[key]
	mode.value == "host"
	violation := {
		"title": sprintf("Container shares the host's %s namespace", [key]),
		"msg": sprintf("`%s` sees what other programs of the host do", [service.name]),
		"location": mode.location,
		"severity": "medium",
		"content": sprintf("%s %s", [service.name, key]),
	}
}

deny contains violation if {
	some item in lib.resources_of("container")
	some key in ["hostPID", "hostIPC", "hostNetwork"]
	some shared in item.facts[key]
	violation := {
		"title": sprintf("Pod with %s", [key]),
		"msg": sprintf("`%s` is not kept apart from its node", [item.name]),
		"location": shared.location,
		"severity": "medium",
		"content": key,
	}
}

# All ports are open on the host, and services on its loopback address are reached.
warn contains violation if {
	some service in lib.resources_of("service")
	some mode in service.facts.network_mode
	mode.value == "host"
	violation := {
		"title": "Container uses the host's network",
		"msg": sprintf("`%s` reaches what listens on the host's loopback address, and publishes every port it opens", [service.name]),
		"location": mode.location,
		"severity": "low",
		"content": sprintf("%s network", [service.name]),
	}
}
