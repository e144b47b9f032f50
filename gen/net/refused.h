#pragma once
#include "base/error.h"

namespace offramp::net {

/// A reason for refusing a node, without the words that say where: import catches it, puts file and node in
/// front and throws the Error that a person sees.
class Refused : public Error {
 public:
  using Error::Error;
};

}  // namespace offramp::net
