// SPDX-License-Identifier: Apache-2.0
#include "net/exchange.h"

#include "core/error.h"
#include "core/text.h"
#include "net/reasons.h"

#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

namespace cairn::net {
namespace {

namespace http = boost::beast::http;

constexpr std::size_t kReadSize = 64 * 1024;
constexpr int kMaxInterimAnswers = 16;

Error protocol_error(const boost::system::error_code& problem) {
  if (problem == http::error::header_limit) return Error(reason::kHttpProtocol, "the header of the answer is too long");
  return Error(reason::kHttpProtocol, "the server's answer is no valid HTTP: {}", problem.message());
}

}  // namespace

struct Exchange::Parser {
  http::response_parser<http::buffer_body> beast;
};

Exchange::Exchange(std::unique_ptr<ByteStream> stream, const HttpOptions& options, const Interrupt& interrupt)
    : stream_(std::move(stream)), options_(options), interrupt_(interrupt) {}

Exchange::~Exchange() = default;

void Exchange::send(std::string_view head, Source* body, std::uint64_t size) {
  try {
    stream_->write(as_bytes(head), Patience(options_.idle_timeout, interrupt_, "sending the request"));
    if (body != nullptr) send_body(*body, size);
  } catch (const Error& error) {  // recovers the answer that a server gave before it hung up
    if (!error.is(reason::kConnectionLost)) throw;
    send_failure_ = std::current_exception();
  }
}

void Exchange::send_body(Source& body, std::uint64_t size) {
  std::vector<std::byte> buffer(kReadSize);
  while (size > 0) {
    const std::size_t count = body.read(MutableBytes(buffer).first(std::min<std::uint64_t>(size, buffer.size())));
    if (count == 0) throw Error(reason::kBadRequest, "the body to send is {} shorter than promised", human_size(size));
    // An answer before the end of the body is a refusal: to go on sending would only block both sides.
    if (stream_->state() != ByteStream::State::quiet) {
      throw Error(reason::kConnectionLost, "the server stopped taking the request's body");
    }
    stream_->write(Bytes(buffer).first(count),
                   Patience(options_.idle_timeout, interrupt_, "sending the request's body"));
    size -= count;
  }
}

// Reads more into the buffer; false at the end of the connection.
bool Exchange::fill(const Patience& patience) {
  if (begin_ > 0) {
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
              buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
    end_ -= std::exchange(begin_, 0);
  }
  if (end_ == buffer_.size()) buffer_.resize(buffer_.size() + kReadSize);
  const std::size_t count = stream_->read(std::as_writable_bytes(std::span(buffer_).subspan(end_)), patience);
  end_ += count;
  answered_ = answered_ || count > 0;
  return count > 0;
}

// Lets the parser take what it can of the buffer. Throws kHttpProtocol.
void Exchange::parse() {
  boost::system::error_code problem;
  if (unparsed() > 0) begin_ += parser_->beast.put(boost::asio::buffer(&buffer_[begin_], unparsed()), problem);
  const bool wants = problem == http::error::need_more || problem == http::error::need_buffer;
  if (problem && !wants) throw protocol_error(problem);
}

ResponseHead Exchange::read_one_head(Expect expect, const Patience& patience) {
  parser_ = std::make_unique<Parser>();
  auto& beast = parser_->beast;
  beast.header_limit(static_cast<std::uint32_t>(std::min<std::size_t>(options_.max_header_bytes, 1U << 30)));
  beast.body_limit(boost::none);
  beast.skip(expect == Expect::no_body);
  while (!beast.is_header_done()) {
    parse();
    if (beast.is_header_done()) break;
    if (unparsed() > options_.max_header_bytes) throw protocol_error(make_error_code(http::error::header_limit));
    if (!fill(patience)) {
      throw Error(reason::kConnectionLost, "the server closed the connection {}",
                  unparsed() == 0 ? "without an answer" : "in the middle of the answer's header");
    }
  }
  beast.eager(true);
  ResponseHead head{.status = static_cast<int>(beast.get().result_int()), .headers = {}};
  for (const auto& field : beast.get()) head.headers.add(std::string(field.name_string()), std::string(field.value()));
  return head;
}

ResponseHead Exchange::read_head(Expect expect) {
  const Patience patience(options_.header_timeout, interrupt_, "waiting for the answer");
  try {
    for (int i = 0; i < kMaxInterimAnswers; ++i) {
      ResponseHead head = read_one_head(expect, patience);
      if (head.status == 101) throw Error(reason::kHttpProtocol, "the server switched to a protocol nobody asked for");
      if (head.status >= 200) return head;
    }
  } catch (const Error& error) {  // recovers nothing: what ended the sending is nearer to the cause
    if (send_failure_ && error.is(reason::kConnectionLost)) std::rethrow_exception(send_failure_);
    throw;
  }
  throw Error(reason::kHttpProtocol, "the server sends interim answers without end");
}

std::size_t Exchange::read_body(MutableBytes out) {
  auto& beast = parser_->beast;
  auto& body = beast.get().body();
  const Patience patience(options_.idle_timeout, interrupt_, "waiting for more of the answer");
  body.data = out.data();
  body.size = out.size();
  bool ended = false;
  while (!beast.is_done() && body.size == out.size()) {
    if (ended) {
      boost::system::error_code problem;
      beast.put_eof(problem);
      if (problem) throw Error(reason::kConnectionLost, "the connection ended before the answer did");
      break;
    }
    parse();
    if (beast.is_done() || body.size < out.size()) break;
    if (unparsed() > options_.max_header_bytes) throw protocol_error(make_error_code(http::error::bad_chunk));
    ended = !fill(patience);
  }
  return out.size() - body.size;
}

bool Exchange::body_done() const { return parser_ && parser_->beast.is_done(); }

std::unique_ptr<ByteStream> Exchange::release() {
  const bool reusable = body_done() && parser_->beast.keep_alive() && unparsed() == 0 && !send_failure_;
  return reusable ? std::move(stream_) : nullptr;
}

}  // namespace cairn::net
