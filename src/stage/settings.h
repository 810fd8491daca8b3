// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stage/step.h"

#include <map>
#include <string>
#include <string_view>

// The texts of files that steps change, from what they were: pure.
namespace cairn::stage {

// resolv.conf(5): search, nameserver, options.
std::string make_resolv_conf(const DnsWant& dns);
// hosts(5) in which 127.0.0.1 is this host; other lines stay.
std::string merge_hosts(std::string_view text, const std::string& hostname);
// A file of NAME=value lines, as pam_env and systemd read them: values of these names are replaced or added; comments,
// order and other lines stay. Throws reason::kBadConfig for a name or value that such a file can't hold.
std::string merge_environment(std::string_view text, const std::map<std::string, std::string>& values);
// A file of [Section]s with Key=value: keys of `section` are replaced or added there; all else stays.
std::string merge_section(std::string_view text, const std::string& section,
                          const std::map<std::string, std::string>& values);
// Where a sysctl is below /proc/sys, as sysctl(8) reads names: "net.ipv4.ip_forward"; with a slash as first separator
// the dots are part of names ("net/ipv4/conf/eth0.5/forwarding"), and after a dot a slash stands for one.
// Throws reason::kBadConfig.
std::string sysctl_path(const std::string& name);
// Throws reason::kBadConfig unless it is a host name (RFC 1123, at most 64 characters).
void check_hostname(const std::string& name);

}  // namespace cairn::stage
