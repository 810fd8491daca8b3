// SPDX-License-Identifier: Apache-2.0
#include "k8s/access.h"

#include "core/base64.h"
#include "core/error.h"
#include "k8s/reasons.h"
#include "support/temp_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cairn::k8s {
namespace {

using cairn::testing::TempTree;
using ::testing::HasSubstr;

Environment environment(std::map<std::string, std::string> values) {
  return [values = std::move(values)](const std::string& name) {
    const auto at = values.find(name);
    return at == values.end() ? std::nullopt : std::optional(at->second);
  };
}

constexpr const char* kConfig = R"(apiVersion: v1
kind: Config
current-context: main
preferences: {}
contexts:
- name: main
  context: {cluster: c1, user: certificate, namespace: fleet}
- name: token
  context: {cluster: c2, user: token}
- name: plugin
  context: {cluster: c1, user: plugin}
- name: lost
  context: {cluster: nowhere, user: token}
- name: half
  context: {cluster: c1, user: half}
clusters:
- name: c1
  cluster:
    server: https://10.0.0.1:6443
    certificate-authority: pki/ca.crt
    tls-server-name: api.local
- name: c2
  cluster:
    server: https://rancher.example/k8s/clusters/c-1
    certificate-authority-data: CA_DATA
    insecure-skip-tls-verify: true
    proxy-url: http://proxy:3128
users:
- name: certificate
  user: {client-certificate-data: CERT_DATA, client-key-data: KEY_DATA}
- name: token
  user: {token: secret, tokenFile: unused}
- name: plugin
  user: {exec: {command: sh, apiVersion: client.authentication.k8s.io/v1}}
- name: half
  user: {client-certificate-data: CERT_DATA}
)";

class Kubeconfig : public ::testing::Test {
 protected:
  Kubeconfig() {
    std::string text = kConfig;
    for (const auto& [mark, value] :
         {std::pair("CA_DATA", "inline ca"), std::pair("CERT_DATA", "certificate"), std::pair("KEY_DATA", "key")}) {
      for (std::size_t at; (at = text.find(mark)) != std::string::npos;) {
        text.replace(at, std::string(mark).size(), encode_base64(value));
      }
    }
    path = tree.write("config", text);
    tree.write("pki/ca.crt", "file ca");
  }
  Error failure(std::string_view context) {
    try {
      load_kubeconfig(path, context);
    } catch (const Error& error) {
      return error;
    }
    return Error(reason::kNotSynced, "no failure");
  }

  TempTree tree;
  std::string path;
};

TEST_F(Kubeconfig, TheCurrentContext) {
  const Access access = load_kubeconfig(path);
  EXPECT_EQ(access.server.to_text(), "https://10.0.0.1:6443/");
  EXPECT_EQ(access.tls.ca, "file ca");
  EXPECT_EQ(access.tls.server_name, "api.local");
  EXPECT_EQ(access.tls.certificate, "certificate");
  EXPECT_EQ(access.tls.key.reveal(), "key");
  EXPECT_EQ(access.name_space, "fleet");
  EXPECT_TRUE(access.verify_tls);
}

TEST_F(Kubeconfig, AnotherContext) {
  const Access access = load_kubeconfig(path, "token");
  EXPECT_EQ(access.server.target, "/k8s/clusters/c-1");
  EXPECT_EQ(access.tls.ca, "inline ca");
  EXPECT_EQ(access.token.reveal(), "secret");
  EXPECT_EQ(access.token_file, std::nullopt);  // as kubectl: the token wins
  EXPECT_EQ(access.proxy, "http://proxy:3128");
  EXPECT_FALSE(access.verify_tls);
  EXPECT_EQ(access.name_space, "default");
}

TEST_F(Kubeconfig, WhatCannotBeUsedIsNamed) {
  EXPECT_EQ(failure("plugin").reason().code, reason::kPluginRefused.code);
  EXPECT_THAT(failure("plugin").message(), HasSubstr("\"plugin\" gets its credentials by \"exec\""));
  EXPECT_THAT(failure("lost").message(), HasSubstr("there is no cluster \"nowhere\""));
  EXPECT_THAT(failure("none").message(), HasSubstr("there is no context \"none\""));
  EXPECT_THAT(failure("half").message(), HasSubstr("not both"));
  tree.write("config", "contexts: {a: b}\ncurrent-context: main\n");
  EXPECT_EQ(failure("").reason().code, reason::kBadConfig.code);
}

TEST_F(Kubeconfig, WhereItIsFound) {
  EXPECT_EQ(find_access(std::nullopt, environment({{"KUBECONFIG", "/nowhere:" + path}})).name_space, "fleet");
  EXPECT_EQ(find_access(path, environment({{"KUBECONFIG", "/nowhere"}})).name_space, "fleet");
  for (const auto& values : {std::map<std::string, std::string>{{"KUBECONFIG", "/nowhere"}}, {{"HOME", "/nowhere"}}}) {
    try {
      find_access(std::nullopt, environment(values));
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.reason().code, reason::kNoConfig.code);
    }
  }
}

TEST(InCluster, IsMadeOfTheAccountsFiles) {
  const TempTree tree;
  tree.write("token", "t\n");
  tree.write("ca.crt", "ca");
  tree.write("namespace", "cairn-system\n");
  const auto values = environment({{"KUBERNETES_SERVICE_HOST", "fd00::1"}, {"KUBERNETES_SERVICE_PORT", "443"}});
  const Access access = load_in_cluster(values, tree.path());
  EXPECT_EQ(access.server.host, "fd00::1");
  EXPECT_EQ(access.name_space, "cairn-system");
  TokenSource token(access);
  EXPECT_EQ(token.get().reveal(), "t");
  tree.write("token", "u");
  EXPECT_EQ(token.get().reveal(), "t");  // read a moment ago
  token.doubt();
  EXPECT_EQ(token.get().reveal(), "u");
  EXPECT_THROW(load_in_cluster(environment({}), tree.path()), Error);
}

}  // namespace
}  // namespace cairn::k8s
