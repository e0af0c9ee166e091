// SPDX-License-Identifier: BSD-2-Clause
#include "net/tls_stream.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <array>

namespace mailreeve {

namespace {

constexpr std::size_t kRecord = 17408;  // the largest record, with its framing

// Returns the text of OpenSSL's newest error in this thread, and clears the error queue.
std::string last_problem() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "unexpected end" : reason;
}

[[noreturn]] void fail(const std::string& why) { throw StreamError("TLS: " + why); }

bool is_address(const std::string& host) {
  const std::unique_ptr<ASN1_OCTET_STRING, decltype(&ASN1_OCTET_STRING_free)> address(
      a2i_IPADDRESS(host.c_str()), ASN1_OCTET_STRING_free);
  ERR_clear_error();
  return address != nullptr;
}

void expect_host(SSL* ssl, const std::string& host) {
  if (is_address(host)) {
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) != 1) fail(last_problem());
    return;
  }
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (SSL_set1_host(ssl, host.c_str()) != 1 || SSL_set_tlsext_host_name(ssl, host.c_str()) != 1)
    fail(last_problem());
}

}  // namespace

TlsTrust::TlsTrust(const std::string& ca_file) : context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free) {
  if (context_ == nullptr) fail(last_problem());
  SSL_CTX_set_min_proto_version(context_.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_mode(context_.get(), SSL_MODE_AUTO_RETRY);
  const int result = ca_file.empty() ? SSL_CTX_set_default_verify_paths(context_.get())
                                     : SSL_CTX_load_verify_file(context_.get(), ca_file.c_str());
  if (result == 1) return;
  ERR_clear_error();
  fail("no certificates of authorities in " + (ca_file.empty() ? "the system's directory" : ca_file));
}

TlsStream::TlsStream(std::unique_ptr<SocketStream> socket, const TlsTrust& trust, const std::string& host,
                     Deadline deadline)
    : socket_(std::move(socket)), ssl_(SSL_new(trust.context_.get()), SSL_free) {
  if (ssl_ == nullptr) fail(last_problem());
  BIO* input = BIO_new(BIO_s_mem());
  BIO* output = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl_.get(), input, output);  // takes ownership of both
  if (input == nullptr || output == nullptr) fail("out of memory");
  expect_host(ssl_.get(), host);
  const int result = drive([this] { return SSL_connect(ssl_.get()); }, deadline);
  if (result == 1) return;
  const long verdict = SSL_get_verify_result(ssl_.get());
  const std::string why = last_problem();
  fail(verdict == X509_V_OK ? why : X509_verify_cert_error_string(verdict));
}

TlsStream::~TlsStream() = default;

// Repeats an OpenSSL call until it needs no more octets from the peer, and
// returns its result. Below 1 means that it failed or that the peer has closed.
template <typename Step>
int TlsStream::drive(Step step, Deadline deadline) {
  std::array<char, kRecord> room;
  for (;;) {
    ERR_clear_error();
    const int result = step();
    // Even after a failure: this sends the alert that tells the peer why.
    const int error = SSL_get_error(ssl_.get(), result);
    send_pending(deadline);
    if (result > 0 || error != SSL_ERROR_WANT_READ) return result;
    // A peer that keeps sending never makes read() wait, and TLS itself can consume any number of
    // octets.
    if (deadline.passed()) fail("no whole answer before the deadline");
    const std::size_t count = socket_->read(room, deadline);
    if (count == 0) return 0;
    feed({room.data(), count});
  }
}

void TlsStream::feed(std::string_view octets) {
  const int size = static_cast<int>(octets.size());
  if (BIO_write(SSL_get_rbio(ssl_.get()), octets.data(), size) != size) fail("out of memory");
}

void TlsStream::send_pending(Deadline deadline) {
  std::array<char, kRecord> room;
  for (;;) {
    const int count = BIO_read(SSL_get_wbio(ssl_.get()), room.data(), static_cast<int>(room.size()));
    if (count <= 0) return;
    socket_->write({room.data(), static_cast<std::size_t>(count)}, deadline);
  }
}

void TlsStream::write(std::string_view octets, Deadline deadline) {
  if (octets.empty()) return;
  std::size_t written = 0;
  const auto step = [&] { return SSL_write_ex(ssl_.get(), octets.data(), octets.size(), &written); };
  if (drive(step, deadline) < 1) fail(last_problem());
}

std::size_t TlsStream::read(std::span<char> room, Deadline deadline) {
  std::size_t count = 0;
  const auto step = [&] { return SSL_read_ex(ssl_.get(), room.data(), room.size(), &count); };
  if (drive(step, deadline) == 1) return count;
  if (ERR_peek_error() != 0) fail(last_problem());
  return 0;
}

// The data may belong to TLS itself, such as a session ticket, but a ticket never
// takes more than a record.
bool TlsStream::quiet() try {
  std::array<char, kRecord> room;
  std::size_t total = 0;
  while (const auto count = socket_->read_some(room)) {
    total += *count;
    if (*count == 0 || total > kRecord) return false;
    feed({room.data(), *count});
  }
  ERR_clear_error();
  char octet = 0;
  const int result = SSL_peek(ssl_.get(), &octet, 1);
  return result <= 0 && SSL_get_error(ssl_.get(), result) == SSL_ERROR_WANT_READ;
} catch (const StreamError&) {
  return false;
}

}  // namespace mailreeve
