// SPDX-License-Identifier: Apache-2.0
#include "support/server_tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <csignal>
#include <stdexcept>

namespace cairn::testing {
namespace {

struct Identity {
  std::shared_ptr<EVP_PKEY> key;
  std::shared_ptr<X509> certificate;
};

void add_extension(X509* certificate, X509* issuer, int id, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str());
  if (extension == nullptr) throw std::logic_error("test certificate: bad extension " + value);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

// Self-signed without `issuer`. `names` as in subjectAltName; none for a CA.
Identity make_identity(const std::string& common_name, const Identity* issuer, const std::string& names, bool expired) {
  Identity made{{EVP_EC_gen("P-256"), EVP_PKEY_free}, {X509_new(), X509_free}};
  X509* certificate = made.certificate.get();
  X509_set_version(certificate, X509_VERSION_3);
  static long serial = 0;
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -48 * 3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), expired ? -24 * 3600 : 24 * 3600);
  X509_set_pubkey(certificate, made.key.get());
  X509_NAME* subject = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(common_name.c_str()),
                             -1, -1, 0);
  X509* parent = issuer == nullptr ? certificate : issuer->certificate.get();
  X509_set_issuer_name(certificate, X509_get_subject_name(parent));
  add_extension(certificate, parent, NID_basic_constraints,
                issuer == nullptr ? "critical,CA:TRUE" : "critical,CA:FALSE");
  if (issuer == nullptr) add_extension(certificate, parent, NID_key_usage, "critical,keyCertSign");
  if (!names.empty()) add_extension(certificate, parent, NID_subject_alt_name, names);
  X509_sign(certificate, issuer == nullptr ? made.key.get() : issuer->key.get(), EVP_sha256());
  return made;
}

const Identity& authority() {
  static const Identity ca = make_identity("Cairn test CA", nullptr, "", false);
  return ca;
}

}  // namespace

const std::string& ServerTls::ca_pem() {
  static const std::string pem = [] {
    const std::unique_ptr<BIO, decltype(&BIO_free)> memory(BIO_new(BIO_s_mem()), &BIO_free);
    PEM_write_bio_X509(memory.get(), authority().certificate.get());
    char* data = nullptr;
    const long size = BIO_get_mem_data(memory.get(), &data);
    return std::string(data, static_cast<std::size_t>(size));
  }();
  return pem;
}

ServerTls::ServerTls(const std::vector<std::string>& names, bool expired)
    : context_(SSL_CTX_new(TLS_server_method()), SSL_CTX_free) {
  std::string alternatives;
  for (const auto& name : names) {
    const bool address = name.find_first_not_of("0123456789.") == std::string::npos;
    alternatives += (alternatives.empty() ? "" : ",") + std::string(address ? "IP:" : "DNS:") + name;
  }
  const Identity server = make_identity(names.front(), &authority(), alternatives, expired);
  SSL_CTX_use_certificate(context_.get(), server.certificate.get());
  SSL_CTX_use_PrivateKey(context_.get(), server.key.get());
}

ServerConnection::ServerConnection(int socket, const ServerTls* tls) : socket_(socket) {
  if (tls == nullptr) return;
  // OpenSSL writes to sockets whose peer may have gone. Blocked for this thread only: the code under test must not need
  // it.
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
  ssl_ = SSL_new(tls->context());
  SSL_set_fd(ssl_, socket);
  if (SSL_accept(ssl_) == 1) return;
  SSL_free(ssl_);
  ERR_clear_error();
  throw Ended();
}

ServerConnection::~ServerConnection() {
  SSL_free(ssl_);
  ERR_clear_error();
}

void ServerConnection::fill() {
  char buffer[16 * 1024];
  const ssize_t count =
      ssl_ != nullptr ? SSL_read(ssl_, buffer, sizeof buffer) : ::recv(socket_, buffer, sizeof buffer, 0);
  if (count <= 0) throw Ended();
  input_.append(buffer, static_cast<std::size_t>(count));
}

bool ServerConnection::looks_like_tls() {
  if (input_.empty()) fill();
  return input_.front() == 0x16;
}

std::string ServerConnection::read_line() {
  while (input_.find("\r\n") == std::string::npos) fill();
  std::string line = input_.substr(0, input_.find("\r\n"));
  input_.erase(0, line.size() + 2);
  return line;
}

std::string ServerConnection::read_exactly(std::size_t size) {
  while (input_.size() < size) fill();
  std::string data = input_.substr(0, size);
  input_.erase(0, size);
  return data;
}

void ServerConnection::write(std::string_view data) {
  while (!data.empty()) {
    const ssize_t count = ssl_ != nullptr ? SSL_write(ssl_, data.data(), static_cast<int>(data.size()))
                                          : ::send(socket_, data.data(), data.size(), MSG_NOSIGNAL);
    if (count <= 0) throw Ended();
    data.remove_prefix(static_cast<std::size_t>(count));
  }
}

}  // namespace cairn::testing
