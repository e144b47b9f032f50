#include "design/exit_study.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace offramp::design {
namespace {

using nlohmann::ordered_json;

ordered_json to_json(const Plot& plot) {
  ordered_json series = ordered_json::array();
  for (const PlotSeries& s : plot.series) {
    ordered_json points = ordered_json::array();
    for (const PlotPoint& p : s.points) points.push_back({p.x, p.y});
    series.push_back({{"name", s.name}, {"line", s.line}, {"marks", s.marks}, {"points", std::move(points)}});
  }
  return {{"title", plot.title}, {"x", plot.x_label}, {"y", plot.y_label}, {"series", std::move(series)}};
}

Plot plot_from(const ordered_json& j) {
  Plot plot{.title = j.at("title"), .x_label = j.at("x"), .y_label = j.at("y"), .series = {}};
  for (const ordered_json& s : j.at("series")) {
    PlotSeries series{.name = s.at("name"), .points = {}, .line = s.at("line"), .marks = s.at("marks")};
    for (const ordered_json& p : s.at("points")) series.points.push_back({p.at(0), p.at(1)});
    plot.series.push_back(std::move(series));
  }
  return plot;
}

ordered_json to_json(const std::vector<ExitStudy::Image>& images) {
  ordered_json out = ordered_json::array();
  for (const ExitStudy::Image& i : images) {
    out.push_back({{"image", i.number},
                   {"exit", i.exit},
                   {"label", i.label},
                   {"predicted", i.predicted},
                   {"png", i.png}});
  }
  return out;
}

std::vector<ExitStudy::Image> images_from(const ordered_json& j) {
  std::vector<ExitStudy::Image> out;
  for (const ordered_json& i : j) {
    out.push_back({.number = i.at("image"),
                   .exit = i.at("exit"),
                   .label = i.at("label"),
                   .predicted = i.at("predicted"),
                   .png = i.at("png")});
  }
  return out;
}

}  // namespace

std::string exit_study_json(const ExitStudy& study) {
  ordered_json out;
  out["basis"] = "golden fixed-point reference on every test image; costs of the fronts are modelled";
  out["data_hash"] = study.data_hash;
  out["images"] = study.images;
  out["confidence"] = ordered_json::array();
  for (const ExitStudy::Histogram& h : study.confidence) {
    out["confidence"].push_back(
        {{"exit", h.exit}, {"measure", h.measure}, {"leave", h.leave}, {"stay", h.stay}});
  }
  out["fronts"] = ordered_json::array();
  for (const Plot& p : study.fronts) out["fronts"].push_back(to_json(p));
  out["first"] = to_json(study.first);
  out["last"] = to_json(study.last);
  return out.dump() + "\n";
}

ExitStudy parse_exit_study(const std::string& text, const std::string& file) {
  try {
    const ordered_json j = ordered_json::parse(text);
    ExitStudy study;
    study.data_hash = j.at("data_hash");
    study.images = j.at("images");
    for (const ordered_json& h : j.at("confidence")) {
      study.confidence.push_back(
          {.exit = h.at("exit"), .measure = h.at("measure"), .leave = h.at("leave"), .stay = h.at("stay")});
    }
    for (const ordered_json& p : j.at("fronts")) study.fronts.push_back(plot_from(p));
    study.first = images_from(j.at("first"));
    study.last = images_from(j.at("last"));
    return study;
  } catch (const nlohmann::json::exception& e) {
    throw Error(fmt::format("{} is damaged ({}); run 'offramp verify' on the design again", file, e.what()));
  }
}

}  // namespace offramp::design
