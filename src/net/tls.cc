// SPDX-License-Identifier: Apache-2.0
#include "net/tls.h"

#include "core/text.h"
#include "net/openssl.h"
#include "net/reasons.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <vector>

namespace cairn::net {
namespace {

// OpenSSL's own socket BIO writes without MSG_NOSIGNAL, so that a server that hangs up would kill the program.
int socket_of(BIO* bio) { return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio))); }

int bio_write(BIO* bio, const char* data, int size) {
  const ssize_t count = ::send(socket_of(bio), data, static_cast<std::size_t>(size), MSG_NOSIGNAL);
  BIO_clear_retry_flags(bio);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
  return static_cast<int>(count);
}

int bio_read(BIO* bio, char* out, int size) {
  const ssize_t count = ::recv(socket_of(bio), out, static_cast<std::size_t>(size), 0);
  BIO_clear_retry_flags(bio);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
  return static_cast<int>(count);
}

long bio_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

BIO* make_bio(int socket) {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "cairn socket");
    BIO_meth_set_write(made, bio_write);
    BIO_meth_set_read(made, bio_read);
    BIO_meth_set_ctrl(made, bio_control);
    return made;
  }();
  BIO* bio = BIO_new(method);
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(socket)));
  BIO_set_init(bio, 1);
  return bio;
}

class TlsStream final : public ByteStream {
 public:
  TlsStream(UniqueFd socket, SSL* ssl) : socket_(std::move(socket)), ssl_(ssl) {
    BIO* bio = make_bio(socket_.get());
    SSL_set_bio(ssl, bio, bio);
    SSL_set_app_data(ssl, this);
  }
  ~TlsStream() override {
    ERR_clear_error();
    if (SSL_is_init_finished(ssl_.get()) != 0 && failure_ == Failure::none)
      SSL_shutdown(ssl_.get());  // tells the end, waits for nothing
    ERR_clear_error();
  }

  enum class Failure { none, cut, protocol };
  Failure failure() const { return failure_; }

  // What the certificate that was refused is for. OpenSSL keeps none of it after a failed handshake.
  const std::string& refused_names() const { return refused_names_; }
  void set_refused_names(std::string names) { refused_names_ = std::move(names); }

  // Runs one call of OpenSSL until it has a result; 0 is the orderly end.
  template <class Call>
  int complete(const Patience& patience, Call&& call) {
    while (true) {
      ERR_clear_error();
      errno = 0;
      const int result = call();
      if (result > 0) return result;
      switch (SSL_get_error(ssl_.get(), result)) {
        case SSL_ERROR_WANT_READ: wait_ready(socket_.get(), POLLIN, patience); break;
        case SSL_ERROR_WANT_WRITE: wait_ready(socket_.get(), POLLOUT, patience); break;
        case SSL_ERROR_ZERO_RETURN: return 0;
        case SSL_ERROR_SYSCALL: {
          const int error_number = errno;
          failure_ = Failure::cut;
          throw Error(
              reason::kConnectionLost, "the TLS connection was cut: {}",
              error_number == 0 ? "closed by the server in the middle" : std::generic_category().message(error_number));
        }
        default:
          failure_ = Failure::protocol;
          throw Error(reason::kConnectionLost, "the TLS connection failed: {}", openssl_error());
      }
    }
  }

  std::size_t read(MutableBytes out, const Patience& patience) override {
    const int most = static_cast<int>(std::min<std::size_t>(out.size(), 1 << 20));
    return static_cast<std::size_t>(complete(patience, [&] { return SSL_read(ssl_.get(), out.data(), most); }));
  }

  void write(Bytes data, const Patience& patience) override {
    while (!data.empty()) {
      const int most = static_cast<int>(std::min<std::size_t>(data.size(), 1 << 20));
      const int count = complete(patience, [&] { return SSL_write(ssl_.get(), data.data(), most); });
      if (count == 0) throw Error(reason::kConnectionLost, "the server closed the TLS connection");
      data = data.subspan(static_cast<std::size_t>(count));
    }
  }

  State state() override {
    ERR_clear_error();
    char byte = 0;
    const int count = SSL_peek(ssl_.get(), &byte, 1);  // also takes in session tickets, which are no input
    if (count > 0) return State::input;
    const bool quiet = SSL_get_error(ssl_.get(), count) == SSL_ERROR_WANT_READ;
    ERR_clear_error();
    return quiet ? State::quiet : State::closed;
  }

 private:
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  UniqueFd socket_;
  std::unique_ptr<SSL, Free> ssl_;
  Failure failure_ = Failure::none;
  std::string refused_names_;
};

bool is_address(const std::string& host) {
  std::array<unsigned char, 16> buffer{};
  return inet_pton(AF_INET, host.c_str(), buffer.data()) == 1 || inet_pton(AF_INET6, host.c_str(), buffer.data()) == 1;
}

// The DNS names that a certificate is for, for messages.
std::string names_of(X509* certificate) {
  std::string names;
  auto* list = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(list) && i < 5; ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(list, i);
    if (name->type != GEN_DNS) continue;
    const auto* text = reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName));
    if (!names.empty()) names += ", ";
    names += printable({text, static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName))}, 80);
  }
  GENERAL_NAMES_free(list);
  return names.empty() ? "no name at all" : names;
}

// OpenSSL's verify callback: changes no verdict, keeps the names of a certificate that was refused.
int note_refusal(int trusted, X509_STORE_CTX* store) {
  auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  X509* certificate = X509_STORE_CTX_get0_cert(store);
  if (trusted == 0 && certificate != nullptr) {
    static_cast<TlsStream*>(SSL_get_app_data(ssl))->set_refused_names(names_of(certificate));
  }
  return trusted;
}

Error untrusted(SSL* ssl, const std::string& names, const std::string& host) {
  const long verdict = SSL_get_verify_result(ssl);
  const std::string cause = X509_verify_cert_error_string(verdict);
  switch (verdict) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return Error(reason::kTls, "the certificate of host {} is for {}, not for {}", host, names, host)
          .set_remedy("Use a name that the certificate holds, or give the server a certificate for this one.");
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return Error(reason::kTls, "the certificate of host {} is not valid now: {}", host, cause)
          .set_remedy("Check the clock of this machine; if it is right, renew the server's certificate.");
    default:
      return Error(reason::kTls, "the certificate of host {} is not trusted: {}", host, cause)
          .set_remedy("Give the certificate authority of the server with --ca-file.");
  }
}

constexpr const char* kRootFiles[] = {
    "/etc/ssl/certs/ca-certificates.crt",                 // Debian, Ubuntu, Alpine, Arch
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // RHEL, Fedora
    "/etc/pki/tls/certs/ca-bundle.crt",                   // older RHEL
    "/etc/ssl/ca-bundle.pem",                             // SUSE
    "/var/lib/ca-certificates/ca-bundle.pem",             // SUSE, transactional
    "/etc/ssl/cert.pem",                                  // Alpine without the bundle package
};

void load_named_file(SSL_CTX* context, const std::string& file, std::string_view who) {
  if (SSL_CTX_load_verify_file(context, file.c_str()) == 1) return;
  const int error_number = errno;
  const std::string cause =
      ::access(file.c_str(), R_OK) == 0 ? openssl_error() : std::generic_category().message(error_number);
  ERR_clear_error();
  throw Error(reason::kTls, "{} {} holds no certificates that can be read: {}", who, printable(file), cause)
      .set_remedy("Give a readable file with certificates in PEM form.");
}

void load_roots(SSL_CTX* context, const Environment& environment) {
  const auto file = environment("SSL_CERT_FILE").value_or("");
  const auto directories = environment("SSL_CERT_DIR").value_or("");
  if (!file.empty()) load_named_file(context, file, "the file of SSL_CERT_FILE");
  for (const auto& directory : split(directories, ':')) {
    if (!directory.empty()) SSL_CTX_load_verify_dir(context, directory.c_str());
  }
  if (!file.empty() || !directories.empty()) return;
  for (const char* candidate : kRootFiles) {
    if (::access(candidate, R_OK) == 0 && SSL_CTX_load_verify_file(context, candidate) == 1) return;
  }
  SSL_CTX_load_verify_dir(context, "/etc/ssl/certs");
  ERR_clear_error();  // without roots every server will be refused, and its error says so
}

std::vector<CertificatePtr> read_certificates(std::string_view pem, std::string_view whose) {
  const BioPtr reader = reader_of(pem);
  std::vector<CertificatePtr> list;
  while (X509* next = PEM_read_bio_X509(reader.get(), nullptr, refuse_pass_phrase, nullptr)) list.emplace_back(next);
  ERR_clear_error();  // the end of the text is an error to OpenSSL
  if (list.empty()) throw Error(reason::kTls, "{} holds no certificates that can be read", whose);
  return list;
}

void trust(SSL_CTX* context, std::string_view pem) {
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  for (const auto& authority : read_certificates(pem, "the certificate authority of the server")) {
    X509_STORE_add_cert(store, authority.get());
  }
}

void show_identity(SSL_CTX* context, const TlsSettings& settings) {
  const auto chain = read_certificates(settings.certificate, "the client certificate");
  bool used = SSL_CTX_use_certificate(context, chain.front().get()) == 1;
  for (std::size_t i = 1; i < chain.size(); ++i) used = used && SSL_CTX_add1_chain_cert(context, chain[i].get()) == 1;
  const KeyPtr key = read_private_key(settings.key);
  if (used && key && SSL_CTX_use_PrivateKey(context, key.get()) == 1 && SSL_CTX_check_private_key(context) == 1) return;
  throw Error(reason::kTls, "the client certificate cannot be used with its key: {}", openssl_error())
      .set_remedy("Give a certificate and the key that belongs to it, in PEM form, without a pass phrase.");
}

}  // namespace

TlsContext::TlsContext(const std::optional<std::filesystem::path>& ca_file, Verify verify, const TlsSettings& settings,
                       const Environment& environment)
    : verify_(verify) {
  // The configuration of the machine may name modules that a static program cannot load.
  OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
  context_ = std::shared_ptr<SSL_CTX>(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
  if (!context_) throw Error(reason::kTls, "TLS cannot be set up: {}", openssl_error());
  SSL_CTX_set_min_proto_version(context_.get(), TLS1_2_VERSION);
  SSL_CTX_set_mode(context_.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(context_.get(), SSL_SESS_CACHE_OFF);
  static constexpr unsigned char kProtocols[] = "\x08http/1.1";
  SSL_CTX_set_alpn_protos(context_.get(), kProtocols, sizeof kProtocols - 1);
  SSL_CTX_set_verify(context_.get(), verify == Verify::nothing ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, note_refusal);
  if (!settings.certificate.empty()) show_identity(context_.get(), settings);
  if (verify == Verify::nothing) return;
  if (settings.ca.empty()) {
    load_roots(context_.get(), environment);
  } else {
    trust(context_.get(), settings.ca);
  }
  if (ca_file) load_named_file(context_.get(), ca_file->string(), "the CA file");
}

std::unique_ptr<ByteStream> TlsContext::connect(UniqueFd socket, const std::string& host,
                                                const Patience& patience) const {
  SSL* ssl = SSL_new(context_.get());
  if (ssl == nullptr) throw Error(reason::kTls, "TLS cannot be set up: {}", openssl_error());
  auto stream = std::make_unique<TlsStream>(std::move(socket), ssl);
  X509_VERIFY_PARAM* parameters = SSL_get0_param(ssl);
  X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const bool named = is_address(host) ? X509_VERIFY_PARAM_set1_ip_asc(parameters, host.c_str()) == 1
                                      : X509_VERIFY_PARAM_set1_host(parameters, host.c_str(), host.size()) == 1 &&
                                            SSL_set_tlsext_host_name(ssl, host.c_str()) == 1;
  if (!named) throw Error(reason::kTls, "host {} cannot be checked against a certificate", host);
  try {
    if (stream->complete(patience, [&] { return SSL_connect(ssl); }) > 0) return stream;
  } catch (const Error& error) {  // recovers nothing: a verdict on the certificate says more than the broken handshake
    if (!error.is(reason::kConnectionLost)) throw;
    if (verify_ == Verify::chain_and_name && SSL_get_verify_result(ssl) != X509_V_OK)
      throw untrusted(ssl, stream->refused_names(), host);
    if (stream->failure() != TlsStream::Failure::protocol) throw;
    throw Error(reason::kTls, "no TLS with host {}: {}", host, error.message())
        .set_remedy("Check that the port speaks TLS 1.2 or later; a plain HTTP server needs an http:// address.");
  }
  throw Error(reason::kConnectionLost, "host {} closed the connection during the TLS handshake", host);
}

}  // namespace cairn::net
