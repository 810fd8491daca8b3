// SPDX-License-Identifier: Apache-2.0
#include "net/openssl.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <string_view>

namespace cairn::net {

std::string openssl_error() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* text = code == 0 ? nullptr : ERR_reason_error_string(code);
  return text == nullptr ? "unknown cause" : text;
}

std::string text_of(BIO* memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  return size <= 0 ? std::string() : std::string(data, static_cast<std::size_t>(size));
}

BioPtr reader_of(std::string_view text) { return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

int refuse_pass_phrase(char*, int, int, void*) { return -1; }

KeyPtr read_private_key(const Secret& pem) {
  const BioPtr reader = reader_of(pem.reveal());
  return KeyPtr(PEM_read_bio_PrivateKey(reader.get(), nullptr, refuse_pass_phrase, nullptr));
}

}  // namespace cairn::net
