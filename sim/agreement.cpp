#include "sim/agreement.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace mambasic::sim {
namespace {

std::vector<double> decoded(const arith::Half* row, std::size_t width) {
    std::vector<double> values(width);
    std::transform(row, row + width, values.begin(),
                   [](arith::Half half) { return static_cast<double>(arith::from_half(half)); });
    return values;
}

// 1 where both are nothing, 0 where one is.
double cosine(const std::vector<double>& wanted, const std::vector<double>& got) {
    double product = 0;
    double wanted_power = 0;
    double got_power = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        product += wanted[i] * got[i];
        wanted_power += wanted[i] * wanted[i];
        got_power += got[i] * got[i];
    }
    if (wanted_power == 0 && got_power == 0) return 1;
    if (wanted_power == 0 || got_power == 0) return 0;
    return product / std::sqrt(wanted_power * got_power);  // of equal rows exactly 1
}

// log of the sum of e^v; `largest` keeps e^v in range.
double log_of_sum(const std::vector<double>& values, double largest) {
    double sum = 0;
    for (const double value : values) sum += std::exp(value - largest);
    return largest + std::log(sum);
}

// Sum of p log(p / q), p and q being the softmax of either.
double divergence(const std::vector<double>& wanted, const std::vector<double>& got) {
    const double wanted_log = log_of_sum(wanted, *std::max_element(wanted.begin(), wanted.end()));
    const double got_log = log_of_sum(got, *std::max_element(got.begin(), got.end()));
    double sum = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        const double log_p = wanted[i] - wanted_log;
        sum += std::exp(log_p) * (log_p - (got[i] - got_log));
    }
    return std::max(sum, 0.0);  // rounding may leave less
}

std::optional<double> finite(double value) {
    return std::isfinite(value) ? std::optional<double>(value) : std::nullopt;
}

// Digits that do not depend on a machine's exp and log.
double to_nine_digits(double value) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.8e", value);
    return std::strtod(text.data(), nullptr);
}

}  // namespace

void NoisySignal::add(double wanted, double got) {
    signal += wanted * wanted;
    noise += (got - wanted) * (got - wanted);
}

void NoisySignal::add(const NoisySignal& other) {
    signal += other.signal;
    noise += other.noise;
}

std::optional<double> NoisySignal::sqnr_db() const {
    if (!(signal > 0 && noise > 0)) return std::nullopt;
    return finite(10 * std::log10(signal / noise));
}

void Agreement::add_row(const arith::Half* wanted_row, const arith::Half* got_row,
                        std::size_t width) {
    const std::vector<double> wanted = decoded(wanted_row, width);
    const std::vector<double> got = decoded(got_row, width);
    ++rows_;
    for (std::size_t i = 0; i < width; ++i) powers_.add(wanted[i], got[i]);
    cosines_ += cosine(wanted, got);
    if (!logits_) return;
    const auto top = [](const std::vector<double>& row) {
        return std::max_element(row.begin(), row.end()) - row.begin();  // the first of equal ones
    };
    if (top(wanted) == top(got)) ++same_top_;
    divergences_ += divergence(wanted, got);
}

reports::NetworkFigures Agreement::figures() const {
    reports::NetworkFigures figures;
    const auto count = static_cast<double>(rows_);
    figures.logits = logits_;
    figures.rows = rows_;
    figures.sqnr_db = powers_.sqnr_db();
    figures.noiseless = powers_.noiseless();
    figures.cosine = finite(cosines_ / count);
    if (!logits_) return figures;
    figures.top1_agreement = finite(static_cast<double>(same_top_) / count);
    figures.kl_nats = finite(divergences_ / count);
    if (figures.kl_nats) figures.kl_nats = to_nine_digits(*figures.kl_nats);
    return figures;
}

}  // namespace mambasic::sim
