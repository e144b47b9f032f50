#include "model/resource_coefficients.h"

namespace offramp::model {
namespace {

using netlist::Family;

// const BlockCoefficients kBlocks[] and const FamilyError kErrors[].
#include "model/resource_coefficients.inc"

}  // namespace

std::span<const BlockCoefficients> block_coefficients() {
  return kBlocks;
}
std::span<const FamilyError> family_errors() {
  return kErrors;
}

}  // namespace offramp::model
