#include "traces/synth/random_rotation.h"

#include <cmath>
#include <cstddef>

#include "traces/synth/draws.h"
#include "traces/synth/threads.h"

namespace mambasic::traces::synth {

namespace {

using Column = std::vector<double>;

std::vector<Column> normal_columns(std::size_t width, std::uint64_t seed) {
    const Draws draws(seed, "x_rotation");
    std::vector<Column> out(width, Column(width));
    for (std::size_t j = 0; j < width; ++j) {
        for (std::size_t i = 0; i < width; ++i) {
            out[j][i] = static_cast<double>(draws.normal(i * width + j));
        }
    }
    return out;
}

// From row `first` on. One order of sums, whatever the machine.
double dot(const Column& a, const Column& b, std::size_t first) {
    double sum = 0;
    for (std::size_t i = first; i < a.size(); ++i) sum += a[i] * b[i];
    return sum;
}

// Column k becomes the unit vector, from row k on, whose mirror takes it to its axis. Gives the
// sign of the element of R that this leaves.
double make_mirror(Column& column, std::size_t k) {
    const double length = std::sqrt(dot(column, column, k));
    const double sign = column[k] < 0 ? 1.0 : -1.0;  // away from cancellation
    column[k] -= sign * length;
    const double norm = std::sqrt(dot(column, column, k));
    for (std::size_t i = k; i < column.size() && norm > 0; ++i) column[i] /= norm;
    return sign;
}

void reflect(const Column& mirror, std::size_t k, Column& column) {
    const double twice = 2 * dot(mirror, column, k);
    for (std::size_t i = k; i < column.size(); ++i) column[i] -= twice * mirror[i];
}

void reflect_all(const Column& mirror, std::size_t k, std::size_t first,
                 std::vector<Column>& columns) {
    const std::size_t width = columns.size();
#pragma omp parallel for schedule(static) if ((width - first) * (width - k) >= kWorthThreads)
    for (std::size_t j = first; j < width; ++j) reflect(mirror, k, columns[j]);
}

}  // namespace

std::vector<arith::Half> random_rotation(std::uint32_t width, std::uint64_t seed) {
    std::vector<Column> mirrors = normal_columns(width, seed);
    std::vector<double> signs(width);
    for (std::size_t k = 0; k < width; ++k) {
        signs[k] = make_mirror(mirrors[k], k);
        reflect_all(Column(mirrors[k]), k, k + 1, mirrors);
    }
    std::vector<Column> q(width, Column(width, 0.0));
    for (std::size_t k = width; k-- > 0;) {
        q[k][k] = signs[k];
        reflect_all(mirrors[k], k, k, q);
    }
    std::vector<arith::Half> out(std::size_t{width} * width);
    for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] = arith::to_half(static_cast<float>(q[i % width][i / width]));
    }
    return out;
}

}  // namespace mambasic::traces::synth
