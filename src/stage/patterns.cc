// SPDX-License-Identifier: Apache-2.0
#include "stage/patterns.h"

#include "core/text.h"
#include "stage/reasons.h"

#include <re2/re2.h>

namespace cairn::stage {
namespace {

constexpr std::int64_t kMaxMemory = 1 << 20;

re2::RE2::Options options() {
  re2::RE2::Options options(re2::RE2::Quiet);
  options.set_max_mem(kMaxMemory);
  return options;
}

class Pattern {
 public:
  explicit Pattern(std::string_view pattern) : compiled_({pattern.data(), pattern.size()}, options()) {
    if (!compiled_.ok()) {
      throw Error(reason::kBadConfig, "the pattern \"{}\" can't be used: {}", printable(pattern),
                  printable(compiled_.error()));
    }
  }
  const re2::RE2& get() const { return compiled_; }

 private:
  re2::RE2 compiled_;
};

// Go's $1 and ${1} in RE2's own form, \1.
std::string rewrite_of(std::string_view with) {
  std::string rewrite;
  for (std::size_t at = 0; at < with.size(); ++at) {
    const bool braces = with.substr(at).starts_with("${");
    const std::size_t digit = at + (braces ? 2 : 1);
    if (with[at] == '$' && digit < with.size() && with[digit] >= '0' && with[digit] <= '9') {
      rewrite += '\\';
      rewrite += with[digit];
      at = digit + (braces && with.substr(digit + 1).starts_with("}") ? 1 : 0);
    } else {
      if (with[at] == '\\') rewrite += '\\';
      rewrite += with[at];
    }
  }
  return rewrite;
}

}  // namespace

void check_pattern(std::string_view pattern) { const Pattern checked(pattern); }

bool matches(std::string_view pattern, std::string_view text) {
  return re2::RE2::PartialMatch({text.data(), text.size()}, Pattern(pattern).get());
}

std::string replace_matches(std::string_view pattern, std::string_view text, std::string_view with) {
  const Pattern compiled(pattern);
  const std::string rewrite = rewrite_of(with);
  std::string problem;
  if (!compiled.get().CheckRewriteString(rewrite, &problem)) {
    throw Error(reason::kBadConfig, "\"{}\" can't stand for matches of \"{}\": {}", printable(with), printable(pattern),
                problem);
  }
  std::string replaced(text);
  re2::RE2::GlobalReplace(&replaced, compiled.get(), rewrite);
  return replaced;
}

}  // namespace cairn::stage
