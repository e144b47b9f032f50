#pragma once
// The sections of the report, each a piece of HTML. Inside gen/design only.
#include <cstdint>
#include <optional>
#include <string>

#include "design/report.h"

namespace offramp::design {

/// What several sections use.
struct ReportFacts {
  explicit ReportFacts(const ReportInput& input);
  const ReportInput& in;
  const quant::QNetwork& network;
  std::optional<Performance> performance;

  [[nodiscard]] bool is_static() const { return in.accelerator.options.strategy == accel::Strategy::static_; }
  [[nodiscard]] std::size_t exits() const { return network.exits.size(); }
  /// Whether the accelerator runs a layer of the quantized network.
  [[nodiscard]] bool is_built(int layer) const;
};

/// 12.34 %
[[nodiscard]] std::string percent(double share);
/// 1234567 as 1 234 567, with blanks that do not break.
[[nodiscard]] std::string grouped(std::uint64_t value);

/// The page's style sheet.
[[nodiscard]] const char* report_style();

// Sections are empty where the design has nothing for them.
[[nodiscard]] std::string headline(const ReportFacts& r);
[[nodiscard]] std::string tiles(const ReportFacts& r);
[[nodiscard]] std::string network_section(const ReportFacts& r);
[[nodiscard]] std::string architecture_section(const ReportFacts& r);
[[nodiscard]] std::string exits_section(const ReportFacts& r);
[[nodiscard]] std::string promise_section(const ReportFacts& r);
[[nodiscard]] std::string fronts_section(const ReportFacts& r);
[[nodiscard]] std::string images_section(const ReportFacts& r);
[[nodiscard]] std::string timeline_section(const ReportFacts& r);
[[nodiscard]] std::string layers_section(const ReportFacts& r);
[[nodiscard]] std::string resources_section(const ReportFacts& r);
[[nodiscard]] std::string proof_section(const ReportFacts& r);
[[nodiscard]] std::string provenance_section(const ReportFacts& r);

}  // namespace offramp::design
