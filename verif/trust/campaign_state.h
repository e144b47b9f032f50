#pragma once
// What a campaign has found so far, kept in a file so that a run can go on where one ended.
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "verif/trust/trust.h"

namespace offramp::trust {

struct CampaignTotals {
  std::uint64_t modules = 0;
  std::uint64_t passed = 0;
  std::uint64_t bits = 0;
  std::uint64_t unknown = 0;
  std::map<std::string, std::uint64_t> compared;  ///< bits, by the name of the tool
  Coverage covered;                               ///< by operator and construct
  std::vector<std::string> failures;              ///< "seed 12: Icarus differs"

  void add(const Examined& e);
  void add(const CampaignTotals& other);
};

/// One line a batch: the seed of its first module, how many, what was counted. A line that was cut off by a
/// crash is a batch that is not done.
class CampaignState {
 public:
  /// No file: nothing is remembered.
  explicit CampaignState(std::filesystem::path file);
  [[nodiscard]] const CampaignTotals* find(std::uint64_t first, std::uint64_t count) const;
  void add(std::uint64_t first, std::uint64_t count, const CampaignTotals& totals);

 private:
  std::filesystem::path file_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, CampaignTotals> batches_;
};

/// The page of results.
[[nodiscard]] std::string summary(const CampaignTotals& totals, const TrustOptions& options,
                                  std::uint64_t seed);

}  // namespace offramp::trust
