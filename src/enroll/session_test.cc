// SPDX-License-Identifier: Apache-2.0
#include "attest/reasons.h"
#include "core/base64.h"
#include "core/file.h"
#include "core/reasons.h"
#include "core/text.h"
#include "enroll/client_session.h"
#include "enroll/reasons.h"
#include "enroll/server_session.h"
#include "support/fake_clock.h"
#include "support/software_machine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <functional>

namespace cairn::enroll {
namespace {

using ::testing::HasSubstr;

// An operator with one registration and at most one machine.
class FakeHost final : public ServerHost {
 public:
  std::optional<Registration> find_registration(std::string_view token) override {
    return token == "token" ? std::optional(registration) : std::nullopt;
  }
  std::optional<Machine> find_machine(const Identity& identity) override {
    ++look_ups;
    last = identity;
    return machine;
  }
  Machine write_inventory(const Registration&, const Identity& identity, const MachineData& sent,
                          bool approved) override {
    ++writes;
    last = identity;
    data = sent;
    if (!machine) machine = Machine{.key = {"fleet", "m-1"}};
    machine->approved = machine->approved || approved;
    return *machine;
  }
  std::string config(const Registration&, const Machine&) override {
    if (broken) throw Error(cairn::reason::kInternal, "secret of the operator");
    return "elemental:\n    install: {}\n";
  }
  Grant sign(const Machine& one, std::string_view csr) override {
    return {"signed: " + std::string(csr), "wss://op.example/v1/agent", "the CA", one.key.name};
  }

  Registration registration{.key = {"fleet", "boxes"}, .approves_all = true};
  std::optional<Machine> machine;
  MachineData data;
  Identity last;
  int look_ups = 0;
  int writes = 0;
  bool broken = false;
};

const testing::SoftwareMachine& box() {
  static const testing::SoftwareMachine machine;
  return machine;
}

struct Line {
  bool client;
  std::string frame;
};

std::string unescape(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    // JSON inside keeps its own escapes: only \x and \n are ours.
    if (text.substr(i, 2) == "\\x") {
      bytes += static_cast<char>(std::stoi(std::string(text.substr(i + 2, 2)), nullptr, 16));
      i += 3;
    } else if (text.substr(i, 2) == "\\n") {
      bytes += '\n';
      i += 1;
    } else {
      bytes += text[i];
    }
  }
  return bytes;
}

std::vector<Line> transcript(const std::string& name) {
  std::vector<Line> lines;
  for (const auto& line : split(read_file(CAIRN_TEST_DATA "/registration/" + name, 64 << 10), '\n')) {
    if (line.empty() || line.starts_with('#')) continue;
    std::string rest = line.substr(2);
    const bool typed = rest.size() == 2 || (rest.size() > 2 && rest[2] == ' ');
    if (typed) rest = "\\x" + rest.substr(0, 2) + (rest.size() > 3 ? rest.substr(3) : "");
    lines.push_back({line.front() == 'C', unescape(rest)});
  }
  return lines;
}

class SessionTest : public ::testing::Test {
 protected:
  // Proves the machine; the frames after that.
  std::vector<std::string> prove(ServerSession& session) {
    const Reply challenge = session.begin("token", claim_header(box().attestation()));
    if (challenge.refusal) throw std::logic_error(challenge.refusal->message);
    const Reply ready = session.on_message(
        attest::challenge_answer_json(box().answer(attest::parse_challenge(challenge.frames.front()))));
    if (ready.refusal) throw std::logic_error(ready.refusal->message);
    return ready.frames;
  }
  std::string_view refusal(const Reply& reply) { return reply.refusal ? reply.refusal->reason->code : ""; }

  void play_server(const std::string& name) {
    ServerSession session(host_, clock_);
    std::vector<std::string> sent = prove(session);
    for (const Line& line : transcript(name)) {
      if (line.client) {
        EXPECT_TRUE(sent.empty()) << name;
        sent = session.on_message(line.frame).frames;
      } else {
        ASSERT_FALSE(sent.empty()) << name << ": nothing instead of " << line.frame;
        EXPECT_EQ(sent.front(), line.frame);
        sent.erase(sent.begin());
      }
    }
    EXPECT_TRUE(sent.empty()) << name;
  }

  ClientSpec spec() {
    return {.answer = [](const attest::Credential& challenge) { return box().answer(challenge); },
            .smbios = parse_data(R"({"System Information":{"Product Name":"Box"}})", "x"),
            .system_data = parse_data(R"({"Product":{"UUID":"4c4c"}})", "x"),
            .labels = {{"site", "north"}},
            .annotations = {{"auth", "tpm"}, {"os.id", "debian"}}};
  }

  FakeHost host_;
  testing::FakeClock clock_;
};

TEST_F(SessionTest, TheServerSpeaksAllDialects) {
  play_server("elemental.txt");
  EXPECT_EQ(host_.data.labels, (object::Labels{{"site", "north"}}));
  EXPECT_TRUE(host_.last.tpm);
  EXPECT_EQ(host_.last.hash, box().attestation().endorsement_key.hash());
  play_server("elemental_old.txt");
  play_server("cairn.txt");
  host_ = {};
  host_.registration.approves_all = false;
  play_server("pending.txt");
}

TEST_F(SessionTest, TheClientSpeaksOurDialect) {
  ClientSpec wanted = spec();
  wanted.update = true;
  wanted.csr = "the csr";
  ClientSession client(std::move(wanted));
  const auto made = attest::make_credential(box().attestation().endorsement_key.key(),
                                            attest::verify_ak(box().attestation().attestation_key).name(), "secret");
  std::vector<std::string> sent = client.on_message(attest::challenge_json(made));
  EXPECT_EQ(sent, std::vector<std::string>{"{\"Secret\":\"c2VjcmV0\"}\n"});
  sent.clear();
  for (const Line& line : transcript("cairn.txt")) {
    if (line.client) {
      EXPECT_EQ(sent, std::vector<std::string>{line.frame});
    } else {
      sent = client.on_message(line.frame);
    }
  }
  EXPECT_TRUE(client.done());
  EXPECT_EQ(client.config(), "elemental:\n    install: {}\n");
  EXPECT_EQ(client.grant()->machine_name, "m-1");
}

TEST_F(SessionTest, TheClientHearsWhyAndWhen) {
  ClientSession client(spec());
  std::string message;
  try {
    const auto lines = transcript("pending.txt");
    ClientSpec plain = spec();
    plain.answer = nullptr;
    client = ClientSession(std::move(plain));
    for (const Line& line : lines) {
      if (!line.client) client.on_message(line.frame);
    }
  } catch (const Error& error) {
    message = error.what();
  }
  EXPECT_THAT(message, HasSubstr("waits for approval, code CRN-REG-008"));
  EXPECT_EQ(client.retry_after(), std::chrono::seconds(60));
}

TEST_F(SessionTest, ClientAndServerUnderstandEachOther) {
  ServerSession server(host_, clock_);
  ClientSession client(spec());
  std::deque<std::string> to_client;
  for (auto& frame : server.begin("token", claim_header(box().attestation())).frames) to_client.push_back(frame);
  while (!to_client.empty()) {
    for (const auto& frame : client.on_message(to_client.front())) {
      for (auto& answer : server.on_message(frame).frames) to_client.push_back(answer);
    }
    to_client.pop_front();
  }
  EXPECT_TRUE(client.done());
  EXPECT_EQ(host_.writes, 1);
}

TEST_F(SessionTest, StrangersGetNothing) {
  ServerSession unknown(host_, clock_);
  EXPECT_EQ(refusal(unknown.begin("other", claim_header(box().attestation()))), reason::kUnknownRegistration.code);
  ServerSession plain(host_, clock_);
  const Reply reply = plain.begin("token", "Bearer PLAIN00:11:22:33:44:55");
  ASSERT_EQ(refusal(reply), reason::kNeedsTpm.code);
  EXPECT_TRUE(reply.refusal->told);
  for (const std::string& bad :
       {std::string(), std::string("Basic x"), std::string("Bearer TPM?"), std::string("Bearer TPM"),
        "Bearer TPM" + encode_base64("{}"), "Bearer PLAIN" + std::string(30 << 10, 'x')}) {
    ServerSession session(host_, clock_);
    const Reply refused = session.begin("token", bad);
    ASSERT_TRUE(refused.refusal) << bad.substr(0, 20);
    EXPECT_FALSE(refused.refusal->told);
    EXPECT_TRUE(refused.frames.empty());
  }
  EXPECT_EQ(host_.look_ups, 0);
}

TEST_F(SessionTest, AWrongAnswerChangesNothing) {
  ServerSession session(host_, clock_);
  session.begin("token", claim_header(box().attestation()));
  const Reply reply = session.on_message(attest::challenge_answer_json(std::string(32, 'x')));
  ASSERT_EQ(refusal(reply), attest::reason::kWrongAnswer.code);
  EXPECT_FALSE(reply.refusal->told);
  EXPECT_TRUE(reply.frames.empty());
  EXPECT_EQ(host_.look_ups, 0);
  EXPECT_EQ(refusal(session.on_message(make_frame(Type::get))), reason::kOutOfOrder.code);
}

TEST_F(SessionTest, AnAnswerIsGoodForOneSessionOnly) {
  ServerSession first(host_, clock_);
  const Reply asked = first.begin("token", claim_header(box().attestation()));
  const std::string answer = attest::challenge_answer_json(box().answer(attest::parse_challenge(asked.frames.front())));
  ServerSession second(host_, clock_);
  second.begin("token", claim_header(box().attestation()));
  EXPECT_EQ(refusal(second.on_message(answer)), attest::reason::kWrongAnswer.code);
}

TEST_F(SessionTest, NothingComesBeforeTheProof) {
  ServerSession session(host_, clock_);
  session.begin("token", claim_header(box().attestation()));
  EXPECT_NE(refusal(session.on_message(make_frame(Type::get))), "");
  EXPECT_EQ(host_.look_ups + host_.writes, 0);
}

TEST_F(SessionTest, KeepsItsBudgets) {
  ServerSession large(host_, clock_);
  large.begin("token", claim_header(box().attestation()));
  EXPECT_EQ(refusal(large.on_message(std::string(5 << 10, ' '))), reason::kBudget.code);

  ServerSession many(host_, clock_);
  prove(many);
  std::string_view last;
  for (int i = 0; i < 20 && last.empty(); ++i) last = refusal(many.on_message(make_frame(Type::labels, "{}")));
  EXPECT_EQ(last, reason::kBudget.code);

  ServerSession slow(host_, clock_);
  prove(slow);
  clock_.advance(milliseconds(10'001));
  EXPECT_EQ(refusal(slow.on_message(make_frame(Type::get))), reason::kBudget.code);

  ServerSession long_lasting(host_, clock_);
  prove(long_lasting);
  for (int i = 0; i < 3; ++i) {
    clock_.advance(milliseconds(9'000));
    EXPECT_EQ(refusal(long_lasting.on_message(make_frame(Type::labels, "{}"))), "");
  }
  clock_.advance(milliseconds(4'000));
  EXPECT_EQ(refusal(long_lasting.on_message(make_frame(Type::get))), reason::kBudget.code);
  EXPECT_EQ(host_.writes, 0);
}

TEST_F(SessionTest, OnlyWhomAPersonOrAnAuthorityKnowsIsAdmittedByDefault) {
  host_.registration.approves_all = false;
  for (const bool made_beforehand : {false, true}) {
    if (made_beforehand) host_.machine = Machine{.key = {"fleet", "m-1"}, .approved = true};
    ServerSession session(host_, clock_);
    prove(session);
    EXPECT_EQ(refusal(session.on_message(make_frame(Type::get))), made_beforehand ? "" : reason::kNotApproved.code);
  }
}

TEST_F(SessionTest, ARevokedMachineStaysOut) {
  host_.machine = Machine{.key = {"fleet", "m-1"}, .approved = true, .revoked = true};
  ServerSession session(host_, clock_);
  const Reply asked = session.begin("token", claim_header(box().attestation()));
  const Reply reply =
      session.on_message(attest::challenge_answer_json(box().answer(attest::parse_challenge(asked.frames.front()))));
  EXPECT_EQ(refusal(reply), reason::kRevoked.code);
}

TEST_F(SessionTest, KeysOfTheOperatorAreDropped) {
  ServerSession session(host_, clock_);
  prove(session);
  session.on_message(
      make_frame(Type::labels, R"({"elemental.cattle.io/resettable":"true","cairn.dev/x":"y","site":"north"})"));
  session.on_message(make_frame(Type::get));
  EXPECT_EQ(host_.data.labels, (object::Labels{{"site", "north"}}));
}

TEST_F(SessionTest, ACertificateIsForInstalledSystemsThatAreApproved) {
  const std::string request = make_frame(Type::certificate, certificate_request_json("csr"));
  const std::string version = make_frame(Type::version, "\xc0");
  ServerSession live(host_, clock_);
  prove(live);
  live.on_message(version);
  EXPECT_EQ(refusal(live.on_message(request)), reason::kOutOfOrder.code);

  ServerSession stranger(host_, clock_);
  prove(stranger);
  EXPECT_EQ(refusal(stranger.on_message(make_frame(Type::update))), reason::kNotRegistered.code);

  host_.machine = Machine{.key = {"fleet", "m-1"}};
  ServerSession waiting(host_, clock_);
  prove(waiting);
  waiting.on_message(version);
  waiting.on_message(make_frame(Type::update));
  EXPECT_EQ(refusal(waiting.on_message(request)), reason::kNotApproved.code);
}

TEST_F(SessionTest, EmulatedTpmsComeOnlyWhereTheyMay) {
  for (const bool admitted : {false, true}) {
    host_.registration.admits_emulated_tpm = admitted;
    ServerSession session(host_, clock_);
    prove(session);
    session.on_message(make_frame(Type::annotations, R"({"auth":"emulated-tpm"})"));
    EXPECT_EQ(refusal(session.on_message(make_frame(Type::get))), admitted ? "" : reason::kNoEmulatedTpm.code);
  }
}

TEST_F(SessionTest, WhatBreaksInsideTheOperatorStaysThere) {
  host_.broken = true;
  ServerSession session(host_, clock_);
  prove(session);
  session.on_message(make_frame(Type::version, "\x0c"));
  const Reply reply = session.on_message(make_frame(Type::get));
  ASSERT_EQ(reply.frames.size(), 1U);
  EXPECT_THAT(reply.frames.front(), ::testing::Not(HasSubstr("secret")));
  EXPECT_THAT(reply.refusal->message, HasSubstr("secret"));
}

TEST(Messages, AreBoundedAndStrict) {
  const auto code = [](const std::function<void()>& action) -> std::string_view {
    try {
      action();
    } catch (const Error& error) {
      return error.reason().code;
    }
    return "";
  };
  EXPECT_EQ(code([] { parse_frame(""); }), reason::kBadMessage.code);
  EXPECT_EQ(code([] { parse_frame("\x0d"); }), reason::kBadMessage.code);
  EXPECT_EQ(code([] { parse_frame(std::string_view("\x04x")); }), reason::kBudget.code);
  EXPECT_EQ(code([] { negotiate(4); }), reason::kTooOld.code);
  EXPECT_EQ(negotiate(13), 12);
  EXPECT_EQ(negotiate(0xc0), 0xc0);
  EXPECT_EQ(code([] { parse_texts(R"({"a":1})", "labels"); }), reason::kBadMessage.code);
  EXPECT_EQ(code([] { parse_texts("{\"a\":\"\xff\"}", "labels"); }), reason::kBadMessage.code);
  EXPECT_EQ(code([] { parse_data("[]", "data"); }), reason::kBadMessage.code);
  EXPECT_EQ(parse_problem("message: plain words\n").message, "plain words");
  EXPECT_EQ(parse_problem(problem_yaml({.message = "a\n\"b: c"})).message, "a\n\"b: c");
}

}  // namespace
}  // namespace cairn::enroll
