// SPDX-License-Identifier: Apache-2.0
#include "stage/template.h"

#include "stage/reasons.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cairn::stage {
namespace {

using ::testing::HasSubstr;

json::value sample_data() {
  return parse_json(R"({"MachineID": "0123456789abcdef", "Empty": "", "Zero": 0, "List": ["a", "b", "c"],
                        "Map": {"one": 1, "two": 2},
                        "Values": {"node": {"hostname": "n1"}, "cpu": {"threads": 4}}})",
                    "sample");
}

struct Case {
  std::string text;
  std::string rendered;
};

class Rendering : public ::testing::TestWithParam<Case> {};

TEST_P(Rendering, IsWhatGoMakes) {
  EXPECT_EQ(render_template(GetParam().text, sample_data()), GetParam().rendered) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    Actions, Rendering,
    ::testing::Values(Case{"plain } { text", "plain } { text"}, Case{"node-{{ trunc 4 .MachineID }}", "node-0123"},
                      Case{"{{.Values.node.hostname}}!", "n1!"}, Case{"{{ .Values.cpu.threads }}", "4"},
                      Case{"a {{- /* nothing */ -}} b", "ab"}, Case{"a  {{- 1 -}}  b", "a1b"}, Case{"{{\"{{\"}}", "{{"},
                      Case{"{{ if .Empty }}x{{ else if eq .Values.cpu.threads 4 }}y{{ else }}z{{ end }}", "y"},
                      Case{"{{ if and .MachineID (not .Zero) }}x{{ end }}", "x"},
                      Case{"{{ with .Values.node }}{{ .hostname }}{{ $.Zero }}{{ else }}none{{ end }}", "n10"},
                      Case{"{{ with .Missing }}x{{ else }}none{{ end }}", "none"},
                      Case{"{{ range .List }}{{ . }},{{ end }}", "a,b,c,"},
                      Case{"{{ range $i, $v := .List }}{{ $i }}{{ $v }}{{ end }}", "0a1b2c"},
                      Case{"{{ range $k, $v := .Map }}{{ $k }}={{ $v }};{{ end }}", "one=1;two=2;"},
                      Case{"{{ range .Missing }}x{{ else }}none{{ end }}", "none"},
                      Case{"{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}", "2"},
                      Case{"{{ $n := .Values.node }}{{ $n.hostname }}", "n1"},
                      Case{"{{ (index .List 1) | upper }}", "B"}, Case{"{{ index .Map \"two\" }}", "2"},
                      Case{"{{ len .List }}", "3"},
                      Case{"{{ printf \"%s-%03d-%q-%x-%5.1f|%-4s|\" \"a\" 7 \"q\" 255 1.25 \"b\" }}",
                           "a-007-\"q\"-ff-  1.2|b   |"},
                      Case{"{{ print 1 \"a\" true }}", "1atrue"}, Case{"{{ .List }}", "[a b c]"}));

INSTANTIATE_TEST_SUITE_P(
    Sprig, Rendering,
    ::testing::Values(
        Case{"{{ default \"d\" .Empty }}{{ .Missing | default \"e\" }}{{ default \"d\" .MachineID | trunc 2 }}",
             "de01"},
        Case{"{{ coalesce .Empty .Missing \"x\" }}", "x"}, Case{"{{ ternary \"a\" \"b\" true }}", "a"},
        Case{"{{ quote \"a\\\"b\" }}{{ squote \"c\" }}", "\"a\\\"b\"'c'"},
        Case{"{{ trunc -3 \"abcdef\" }}{{ trunc 9 \"ab\" }}{{ trunc 2 \"aäb\" }}", "defaba"},
        Case{"{{ substr 1 3 \"abcdef\" }}", "bc"},
        Case{"{{ upper \"ab\" }}{{ lower \"CD\" }}{{ title \"ef gh\" }}", "ABcdEf Gh"},
        Case{"{{ trim \"  a \" }}{{ trimPrefix \"a\" \"ab\" }}{{ trimSuffix \"c\" \"bc\" }}{{ trimAll \"x\" \"xyx\" }}",
             "abby"},
        Case{"{{ replace \"a\" \"b\" \"banana\" }}{{ repeat 3 \"x\" }}{{ nospace \" a b \" }}", "bbnbnbxxxab"},
        Case{"{{ \"a\\nb\" | indent 2 }}", "  a\n  b"}, Case{"{{ \"a\\nb\" | nindent 1 }}", "\n a\n b"},
        Case{"{{ contains \"an\" \"banana\" }}{{ hasPrefix \"b\" \"banana\" }}{{ hasSuffix \"b\" \"banana\" }}",
             "truetruefalse"},
        Case{"{{ splitList \",\" \"a,b\" | join \"+\" }}{{ first .List }}{{ last .List }}{{ has \"b\" .List }}",
             "a+bactrue"},
        Case{"{{ regexMatch \"^a+$\" \"aaa\" }}{{ regexReplaceAll \"(a)(b)\" \"xaby\" \"${2}$1\" }}", "truexbay"},
        Case{"{{ b64enc \"hi\" }}{{ b64dec \"aGk=\" }}", "aGk=hi"}, Case{"{{ sha256sum \"\" | trunc 8 }}", "e3b0c442"},
        Case{"{{ toJson .Map }}", "{\"one\":1,\"two\":2}"},
        Case{"{{ add 1 2 }}{{ sub 1 2 }}{{ mul 2 3 }}{{ div 7 2 }}{{ mod 7 2 }}{{ max 1 2 }}{{ int \"12\" }}",
             "3-1631212"},
        Case{"{{ randAlphaNum 8 | len }}{{ randNumeric 3 | len }}{{ len uuidv4 }}", "8336"}));

class Refusing : public ::testing::TestWithParam<Case> {};

TEST_P(Refusing, SaysWhatAndOnWhichLine) {
  try {
    FAIL() << GetParam().text << " made " << render_template(GetParam().text, sample_data());
  } catch (const Error& error) {  // what the test is about
    EXPECT_THAT(error.what(), HasSubstr(GetParam().rendered));
    EXPECT_EQ(error.kind(), ErrorKind::invalid) << error.what();
  }
}

INSTANTIATE_TEST_SUITE_P(
    Bad, Refusing,
    ::testing::Values(
        Case{"a\n{{ .Missing }}", "line 2"}, Case{"{{ .Missing.deeper }}", "there is no such value"},
        Case{"{{ nofunction 1 }}", "no function \"nofunction\""}, Case{"a\n\n{{ if }", "line 3"},
        Case{"{{ if true }}", "without {{end}}"}, Case{"{{ end }}", "without a beginning"},
        Case{"{{ else }}", "without a beginning"}, Case{"{{ \"open }}", "closing"},
        Case{"{{ trunc 1 }}", "\"trunc\" takes 2"}, Case{"{{ template \"x\" }}", "not part"},
        Case{"{{ 1 2 }}", "no function"}, Case{"{{ $x }}", "no variable $x"},
        Case{"{{ index .List 7 }}", "no element 7"}, Case{"{{ div 1 0 }}", "zero"},
        Case{"{{ printf \"%s\" }}", "more values"}, Case{"{{ printf \"%z\" 1 }}", "no verb"},
        Case{"{{ fail \"on purpose\" }}", "on purpose"}, Case{"{{ required \"need it\" .Empty }}", "need it"},
        Case{"{{ repeat 2000000 \"x\" }}", "too much"}, Case{"{{ add 9223372036854775807 1 }}", "too large"},
        Case{"{{ regexMatch \"(\" \"a\" }}", "can't be used"}, Case{"{{", "is missing"}, Case{"{{ (1", "expected )"}));

TEST(Template, OutputAndStepsAreBounded) {
  json::value data = json::object{{"list", json::array(1000, json::value("x"))}};
  const Template loops =
      Template::parse("{{ range .list }}{{ range $.list }}{{ range $.list }}y{{ end }}{{ end }}{{ end }}");
  EXPECT_THROW(loops.render(data), Error);
  const Template grows = Template::parse("{{ range .list }}{{ repeat 500000 \"x\" }}{{ end }}");
  EXPECT_THROW(grows.render(data), Error);
  const Template doubles =
      Template::parse("{{ $x := \"aaaa\" }}{{ range .list }}{{ $x = print $x $x }}{{ end }}{{ $x }}");
  EXPECT_THROW(doubles.render(data), Error);
  EXPECT_THROW(Template::parse(std::string(100'000, '(').insert(0, "{{")), Error);
}

}  // namespace
}  // namespace cairn::stage
