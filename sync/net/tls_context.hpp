// The TLS configuration of an end: crypto/tls.hpp makes it, every connection of that end shares it.
#pragma once

#include <memory>

namespace satchel::crypto {
class TlsContext;
}

namespace satchel::sync {

// Not changed once in use: a new certificate is a new context, for the connections that come after it.
using SharedTls = std::shared_ptr<const crypto::TlsContext>;

}  // namespace satchel::sync
