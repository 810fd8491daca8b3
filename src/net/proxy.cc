// SPDX-License-Identifier: Apache-2.0
#include "net/proxy.h"

#include "core/error.h"
#include "core/text.h"
#include "net/reasons.h"

#include <arpa/inet.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace cairn::net {
namespace {

using Environment = std::function<std::optional<std::string>(const std::string& name)>;

constexpr std::uint16_t kDefaultPort = 1080;  // curl's, for a proxy without a port

struct Variable {
  std::string name;
  std::string value;
};

// The first of these variables, lower case before upper, that is there and not empty.
std::optional<Variable> find_variable(const Environment& environment, const std::string& lower) {
  std::string upper = lower;
  for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  if (auto value = environment(lower); value && !trim(*value).empty())
    return Variable{lower, std::string(trim(*value))};
  if (upper == "HTTP_PROXY" && environment("REQUEST_METHOD")) return std::nullopt;
  if (auto value = environment(upper); value && !trim(*value).empty())
    return Variable{upper, std::string(trim(*value))};
  return std::nullopt;
}

struct Address {
  std::array<unsigned char, 16> bytes{};
  std::size_t size = 0;
};

std::optional<Address> parse_address(const std::string& text) {
  Address address;
  if (inet_pton(AF_INET, text.c_str(), address.bytes.data()) == 1) {
    address.size = 4;
  } else if (inet_pton(AF_INET6, text.c_str(), address.bytes.data()) == 1) {
    address.size = 16;
  } else {
    return std::nullopt;
  }
  return address;
}

bool is_loopback(const std::string& host) {
  if (host == "localhost" || host.ends_with(".localhost")) return true;
  const auto address = parse_address(host);
  if (!address) return false;
  if (address->size == 4) return address->bytes[0] == 127;
  return std::all_of(address->bytes.begin(), address->bytes.end() - 1, [](unsigned char b) { return b == 0; }) &&
         address->bytes[15] == 1;
}

// Whether `host` lies in the network "10.0.0.0/8" or "fd00::/8".
bool in_network(const std::string& host, std::string_view network) {
  const std::size_t slash = network.find('/');
  const auto base = parse_address(std::string(network.substr(0, slash)));
  const auto address = parse_address(host);
  const auto bits = parse_number(network.substr(slash + 1));
  if (!base || !address || !bits || base->size != address->size || *bits > base->size * 8) return false;
  const std::size_t whole = *bits / 8;
  if (std::memcmp(base->bytes.data(), address->bytes.data(), whole) != 0) return false;
  const unsigned rest = static_cast<unsigned>(*bits % 8);
  if (rest == 0) return true;
  const unsigned mask = 0xffU << (8 - rest) & 0xffU;
  return (base->bytes[whole] & mask) == (address->bytes[whole] & mask);
}

// One entry of no_proxy, in lower case.
bool exempts(std::string entry, const Url& url) {
  if (entry == "*") return true;
  if (entry.find('/') != std::string::npos) return in_network(url.host, entry);
  if (entry.starts_with('[')) {
    const std::size_t close = entry.find(']');
    if (close == std::string::npos) return false;
    const std::string port = entry.substr(close + 1);
    if (!port.empty() && port != ":" + std::to_string(url.port)) return false;
    entry = entry.substr(1, close - 1);
  } else if (std::count(entry.begin(), entry.end(), ':') == 1) {
    const std::size_t colon = entry.find(':');
    if (entry.substr(colon + 1) != std::to_string(url.port)) return false;
    entry.resize(colon);
  }
  if (const auto wanted = parse_address(entry)) {
    const auto address = parse_address(url.host);
    return address && address->size == wanted->size && address->bytes == wanted->bytes;
  }
  if (entry.starts_with("*.")) entry.erase(0, 1);
  while (entry.starts_with('.')) entry.erase(0, 1);
  if (entry.ends_with('.')) entry.pop_back();
  if (entry.empty() || parse_address(url.host)) return false;
  return url.host == entry || (url.host.ends_with(entry) && url.host[url.host.size() - entry.size() - 1] == '.');
}

bool is_exempt(const Url& url, const Environment& environment) {
  if (is_loopback(url.host)) return true;
  auto variable = find_variable(environment, "no_proxy");
  if (!variable) return false;
  std::replace(variable->value.begin(), variable->value.end(), ' ', ',');
  const auto entries = split(to_lower(variable->value), ',');
  return std::any_of(entries.begin(), entries.end(),
                     [&](const std::string& entry) { return exempts(std::string(trim(entry)), url); });
}

std::string percent_decoded(std::string_view text) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0) {
      out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string basic_authorization(const std::string& credentials) {
  std::string encoded(4 * ((credentials.size() + 2) / 3) + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                      reinterpret_cast<const unsigned char*>(credentials.data()), static_cast<int>(credentials.size()));
  encoded.resize(static_cast<std::size_t>(size));
  return "Basic " + encoded;
}

// "[http://][USER[:PASSWORD]@]HOST[:PORT][/]". No error shows the value: it may hold a password.
Proxy parse_proxy(const Variable& variable) {
  std::string_view text = variable.value;
  if (const std::size_t end = text.find("://"); end != std::string_view::npos) {
    const std::string scheme = to_lower(text.substr(0, end));
    if (scheme != "http") {
      throw Error(reason::kProxy, "{} names a proxy of kind {}, which is not supported", variable.name,
                  printable(scheme, 20))
          .set_remedy("Name an HTTP proxy: http://HOST:PORT. It serves https addresses, too.");
    }
    text.remove_prefix(end + 3);
  }
  if (text.ends_with('/')) text.remove_suffix(1);
  Proxy proxy;
  if (const std::size_t at = text.rfind('@'); at != std::string_view::npos) {
    std::string credentials = percent_decoded(text.substr(0, at));
    if (credentials.find(':') == std::string::npos) credentials += ':';
    proxy.authorization = Secret(basic_authorization(credentials));
    text.remove_prefix(at + 1);
  }
  try {
    const Url url = Url::parse("http://" + std::string(text));
    const std::string_view after =
        text.substr(std::min(text.size(), text.rfind(']') == text.npos ? 0 : text.rfind(']')));
    if (url.target != "/") throw Error(reason::kBadUrl, "a proxy has no path");
    proxy.host = url.host;
    proxy.port = after.find(':') == std::string_view::npos ? kDefaultPort : url.port;
  } catch (const Error&) {  // recovers nothing: says which variable is wrong without showing its value
    throw Error(reason::kProxy, "{} is not the address of a proxy", variable.name)
        .set_remedy("Write it as http://[USER:PASSWORD@]HOST:PORT.");
  }
  return proxy;
}

}  // namespace

std::optional<Proxy> find_proxy(const Url& url, const Environment& environment) {
  auto variable = find_variable(environment, url.scheme + "_proxy");
  if (!variable) variable = find_variable(environment, "all_proxy");
  if (!variable || is_exempt(url, environment)) return std::nullopt;
  return parse_proxy(*variable);
}

}  // namespace cairn::net
