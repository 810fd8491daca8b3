// SPDX-License-Identifier: Apache-2.0
#include "core/base64.h"
#include "core/reasons.h"
#include "oci/auth_challenge.h"
#include "oci/authorizer.h"
#include "oci/credentials.h"
#include "oci/reasons.h"
#include "support/temp_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace cairn::oci {
namespace {

using cairn::testing::TempTree;
using ::testing::HasSubstr;

TEST(Base64, WritesAndReadsAnyBytes) {
  for (const std::string text : {"", "f", "fo", "foo", "foob", "\xff\xfe\x00z"}) {
    EXPECT_EQ(decode_base64(encode_base64(text)), text);
  }
  EXPECT_EQ(encode_base64("foob"), "Zm9vYg==");
  EXPECT_EQ(decode_base64("Zm9vYg"), "foob");
  for (const std::string text : {"Zm9vY", "Zm 9", "Zm9=vYg=", "\n"}) EXPECT_EQ(decode_base64(text), std::nullopt);
}

std::vector<AuthChallenge> challenges(std::initializer_list<std::string> fields) {
  net::Headers headers;
  for (const std::string& field : fields) headers.add("www-authenticate", field);
  return parse_challenges(headers);
}

TEST(AuthChallenge, IsReadFromOneOrSeveralFields) {
  const auto one = challenges({R"(Bearer realm="https://a/token",service="reg, \"x\"",scope="repository:a:pull")"});
  ASSERT_EQ(one.size(), 1U);
  EXPECT_EQ(one[0].scheme, "bearer");
  EXPECT_EQ(one[0].parameters.at("realm"), "https://a/token");
  EXPECT_EQ(one[0].parameters.at("service"), "reg, \"x\"");
  const auto many = challenges({R"(Negotiate, Digest realm=x , nonce = "y", NTLM abc==)", R"(BASIC Realm="z")"});
  ASSERT_EQ(many.size(), 4U);
  EXPECT_EQ(many[1].parameters.at("nonce"), "y");
  EXPECT_EQ(many[2].scheme, "ntlm");
  EXPECT_EQ(many[3].scheme, "basic");
  EXPECT_EQ(many[3].parameters.at("realm"), "z");
}

TEST(AuthChallenge, LeavesOutWhatCannotBeRead) {
  EXPECT_TRUE(challenges({""}).empty());
  EXPECT_TRUE(challenges({"\"quoted\""}).empty());
  EXPECT_TRUE(challenges({R"(Bearer realm="open)"}).at(0).parameters.empty());
  EXPECT_TRUE(challenges({R"(Bearer realm="open\)"}).at(0).parameters.empty());
}

TEST(Realm, MaySeeCredentialsOfItsOwnDomainOnly) {
  EXPECT_TRUE(may_share_credentials("registry-1.docker.io", "auth.docker.io"));
  EXPECT_TRUE(may_share_credentials("registry.gitlab.com", "gitlab.com"));
  EXPECT_TRUE(may_share_credentials("localhost", "localhost"));
  EXPECT_TRUE(may_share_credentials("10.0.0.1", "10.0.0.1"));
  EXPECT_FALSE(may_share_credentials("10.0.0.1", "11.0.0.1"));
  EXPECT_FALSE(may_share_credentials("a.0.1", "10.9.0.1"));
  EXPECT_FALSE(may_share_credentials("registry.example.org", "example.org.evil.net"));
  EXPECT_FALSE(may_share_credentials("registry.example.org", "evilexample.org"));
  EXPECT_FALSE(may_share_credentials("localhost", "evil.net"));
  EXPECT_FALSE(may_share_credentials("::1", "::2"));
}

// Answers as docker-credential-* programs do.
class ScriptedRunner final : public Runner {
 public:
  ExecResult run(const Command& command) override {
    commands.push_back(command.program + " " + command.args.at(0) + " < " + command.input);
    command.output->write(as_bytes(output));
    if (missing) throw Error(cairn::reason::kToolMissing, "no such program");
    if (failing) throw Error(cairn::reason::kToolFailed, "it failed");
    return {};
  }
  std::vector<std::string> commands;
  std::string output;
  bool failing = false;
  bool missing = false;
};

class Credential : public ::testing::Test {
 protected:
  CredentialStore store(std::optional<std::filesystem::path> file = std::nullopt) {
    return {std::move(file),
            [this](const std::string& name) {
              const auto at = environment_.find(name);
              return at == environment_.end() ? std::nullopt : std::optional(at->second);
            },
            runner_};
  }
  // "user:password" or "token:..." or "none".
  std::string find(const std::string& registry, const std::string& repository = "team/os") {
    const auto found = store().find(registry, repository);
    if (!found) return "none";
    if (!found->identity_token.empty()) return "token:" + found->identity_token.reveal();
    return found->user + ":" + found->password.reveal();
  }
  static std::string entry(const std::string& login) { return R"({"auth":")" + encode_base64(login) + "\"}"; }

  TempTree tree_;
  std::map<std::string, std::string> environment_;
  ScriptedRunner runner_;
};

TEST_F(Credential, IsLookedUpWherePodmanAndDockerKeepIt) {
  environment_["HOME"] = tree_.path("home");
  EXPECT_EQ(find("example.org"), "none");
  tree_.write("home/.docker/config.json", R"({"auths":{"example.org":)" + entry("home:1") + "}}");
  EXPECT_EQ(find("example.org"), "home:1");
  environment_["DOCKER_CONFIG"] = tree_.path("docker");
  EXPECT_EQ(find("example.org"), "none") << "DOCKER_CONFIG replaces ~/.docker";
  tree_.write("docker/config.json", R"({"auths":{"example.org":)" + entry("docker:2") + "}}");
  EXPECT_EQ(find("example.org"), "docker:2");
  environment_["XDG_RUNTIME_DIR"] = tree_.path("run");
  tree_.write("run/containers/auth.json", R"({"auths":{"example.org":)" + entry("podman:3") + "}}");
  EXPECT_EQ(find("example.org"), "podman:3");
  environment_["REGISTRY_AUTH_FILE"] = tree_.write("named.json", R"({"auths":{}})");
  EXPECT_EQ(find("example.org"), "none") << "a named file counts alone";
  const auto own = tree_.write("own.json", R"({"auths":{"example.org":)" + entry("own:4") + "}}");
  EXPECT_EQ(store(own).find("example.org", "x")->user, "own");
  EXPECT_THROW(store(tree_.path("missing.json")).find("example.org", "x"), Error);
}

TEST_F(Credential, IsReadInAllItsForms) {
  environment_["REGISTRY_AUTH_FILE"] = tree_.write(
      "auth.json", R"({"auths":{"https://index.docker.io/v1/":)" + entry("hub:with:colon") +
                       R"(,"plain.org":{"username":"u","password":"p"},"token.org":{"identitytoken":"t"},)" +
                       R"("https://old.org/v2/":)" + entry("old:pw") + R"(,"empty.org":{},"host.org:5000":)" +
                       entry("port:x") + R"(,"nul.org":)" + entry(std::string("n:p\0\0", 5)) + "}}");
  EXPECT_EQ(find("docker.io"), "hub:with:colon");
  EXPECT_EQ(find("plain.org"), "u:p");
  EXPECT_EQ(find("token.org"), "token:t");
  EXPECT_EQ(find("old.org"), "old:pw");
  EXPECT_EQ(find("empty.org"), "none");
  EXPECT_EQ(find("host.org:5000"), "port:x");
  EXPECT_EQ(find("host.org"), "none");
  EXPECT_EQ(find("nul.org"), "n:p");
}

TEST_F(Credential, OfAPartOfTheRepositoriesComesFirst) {
  environment_["REGISTRY_AUTH_FILE"] =
      tree_.write("auth.json", R"({"auths":{"a.org":)" + entry("all:1") + R"(,"a.org/team":)" + entry("team:2") +
                                   R"(,"a.org/team/os":)" + entry("os:3") + "}}");
  EXPECT_EQ(find("a.org", "team/os"), "os:3");
  EXPECT_EQ(find("a.org", "team/other"), "team:2");
  EXPECT_EQ(find("a.org", "teams/os"), "all:1");
}

TEST_F(Credential, MayComeFromAProgram) {
  environment_["REGISTRY_AUTH_FILE"] =
      tree_.write("auth.json", R"({"credHelpers":{"a.org":"vault"},"credsStore":"desktop","auths":{"b.org":{}}})");
  runner_.output = R"({"ServerURL":"a.org","Username":"u","Secret":"s"})";
  EXPECT_EQ(find("a.org"), "u:s");
  EXPECT_EQ(find("b.org"), "u:s");
  EXPECT_EQ(find("docker.io"), "u:s");
  EXPECT_THAT(runner_.commands,
              ::testing::ElementsAre("docker-credential-vault get < a.org", "docker-credential-desktop get < b.org",
                                     "docker-credential-desktop get < https://index.docker.io/v1/"));
  runner_.output = R"({"ServerURL":"a.org","Username":"<token>","Secret":"s"})";
  EXPECT_EQ(find("a.org"), "token:s");
  runner_.failing = true;
  EXPECT_THROW(find("a.org"), Error);
  runner_.output = "credentials not found in native keychain";
  EXPECT_EQ(find("a.org"), "none");
  runner_.output = "";
  runner_.missing = true;
  EXPECT_THROW(find("a.org"), Error) << "a program named for this registry must be there";
  EXPECT_EQ(find("b.org"), "none") << "a general store that was uninstalled must not stop public pulls";
}

TEST_F(Credential, FileThatIsWrongIsNamedWithoutItsSecrets) {
  const std::pair<std::string, std::string> cases[] = {
      {R"({"auths":{"a.org":{"auth":"aHVzaA=="}}})", "auths.a.org.auth"},
      {R"({"auths":{"a.org":{"auth":"hush!!"}}})", "auths.a.org.auth"},
      {R"({"auths":[]})", "auths"},
      {R"({"credHelpers":{"a.org":"../../bin/sh"}})", "credHelpers.a.org"},
      {R"({"credsStore":"a b"})", "credsStore"},
      {"{", "auth.json"},
  };
  for (const auto& [text, problem] : cases) {
    environment_["REGISTRY_AUTH_FILE"] = tree_.write("auth.json", text);
    try {
      find("a.org");
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr(problem));
      EXPECT_THAT(error.what(), ::testing::Not(HasSubstr("hush")));
    }
  }
  EXPECT_TRUE(runner_.commands.empty());
}

}  // namespace
}  // namespace cairn::oci
