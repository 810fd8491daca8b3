// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/secret.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>

// Owners of OpenSSL's objects. For .cc files: headers of ours name no type of OpenSSL.
namespace cairn::net {

template <auto kFree>
struct OpensslFree {
  template <class Object>
  void operator()(Object* object) const {
    kFree(object);
  }
};

using BioPtr = std::unique_ptr<BIO, OpensslFree<&BIO_free_all>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, OpensslFree<&EVP_PKEY_free>>;
using KeyContextPtr = std::unique_ptr<EVP_PKEY_CTX, OpensslFree<&EVP_PKEY_CTX_free>>;
using DigestContextPtr = std::unique_ptr<EVP_MD_CTX, OpensslFree<&EVP_MD_CTX_free>>;
using CipherContextPtr = std::unique_ptr<EVP_CIPHER_CTX, OpensslFree<&EVP_CIPHER_CTX_free>>;
using CertificatePtr = std::unique_ptr<X509, OpensslFree<&X509_free>>;
using CertificateRequestPtr = std::unique_ptr<X509_REQ, OpensslFree<&X509_REQ_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, OpensslFree<&X509_EXTENSION_free>>;
using StorePtr = std::unique_ptr<X509_STORE, OpensslFree<&X509_STORE_free>>;
using StoreContextPtr = std::unique_ptr<X509_STORE_CTX, OpensslFree<&X509_STORE_CTX_free>>;

// The text of the oldest error in this thread's queue, which is emptied.
std::string openssl_error();

// What was written to a memory BIO.
std::string text_of(BIO* memory);
// A BIO that reads `text`, which must stay.
BioPtr reader_of(std::string_view text);
// A pass phrase callback for PEM: nobody is there to be asked.
int refuse_pass_phrase(char* buffer, int size, int writing, void* context);
// A private key in PEM; null, with the cause in the queue, if it cannot be read, such as one that wants a pass phrase.
KeyPtr read_private_key(const Secret& pem);

// Bytes as OpenSSL takes them.
inline const unsigned char* data_of(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
inline unsigned char* data_of(std::string& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

}  // namespace cairn::net
