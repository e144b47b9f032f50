#pragma once
// The bands that a monitor in the field holds exit rates against.
#include <cstddef>
#include <span>
#include <vector>

#include "fixed/watch.h"

namespace offramp::quant {

/// By exit, the fewest and the most samples of a window of 2^window_log2 that may leave there. `rates` (by
/// exit, 0 to 1) were counted on `images` images. Where the field gives samples like those, independent of
/// each other, a window leaves any of its bands with a probability of `false_alarm` at most: the share of an
/// exit, false_alarm / exits, is cut in halves from both ends of the beta-binomial distribution of its count
/// (that of a rate that is known from the images alone, with Jeffreys' prior of half a sample on either
/// side). Open bands where images is 0. Throws offramp::Error for rates outside 0 to 1 and for a window or a
/// probability out of range.
[[nodiscard]] std::vector<fixed::ExitBand> exit_bands(std::span<const double> rates, std::size_t images,
                                                      int window_log2, double false_alarm);

}  // namespace offramp::quant
