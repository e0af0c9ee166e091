// SPDX-License-Identifier: BSD-2-Clause
#include "admin/when.h"

#include <array>
#include <charconv>
#include <ctime>

namespace mailreeve {

namespace {

// Takes what it knows off the front of a text; wrong() once something did not fit.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool wrong() const { return wrong_; }
  bool at_end() const { return rest_.empty(); }
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void need(bool taken) { wrong_ = wrong_ || !taken; }

  // So many digits, and at most `most`.
  int digits(std::size_t count, int most) {
    int out = 0;
    const std::string_view text = rest_.substr(0, count);
    const bool all = text.size() == count && text.find_first_not_of("0123456789") == std::string_view::npos;
    if (all) std::from_chars(text.data(), text.data() + count, out);
    need(all && out <= most);
    rest_.remove_prefix(text.size());
    return out;
  }

  // Behind a point; of a second.
  Milliseconds fraction() {
    int millis = 0;
    int scale = 100;
    need(!rest_.empty() && is_digit(rest_.front()));
    while (!rest_.empty() && is_digit(rest_.front())) {
      millis += (rest_.front() - '0') * scale;
      scale /= 10;
      rest_.remove_prefix(1);
    }
    return Milliseconds(millis);
  }

 private:
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }

  std::string_view rest_;
  bool wrong_ = false;
};

std::chrono::minutes offset(Reader& in) {
  if (in.take('Z') || in.take('z')) return std::chrono::minutes(0);
  const bool west = in.take('-');
  if (!west) in.need(in.take('+'));
  const int hours = in.digits(2, 23);
  in.need(in.take(':'));
  const std::chrono::minutes out(hours * 60 + in.digits(2, 59));
  return west ? -out : out;
}

// Whatever summer time does, mktime() finds it.
TimePoint local_time(const std::chrono::year_month_day& date, Seconds of_day) {
  std::tm parts{};
  parts.tm_year = static_cast<int>(date.year()) - 1900;
  parts.tm_mon = static_cast<int>(static_cast<unsigned>(date.month())) - 1;
  parts.tm_mday = static_cast<int>(static_cast<unsigned>(date.day()));
  parts.tm_sec = static_cast<int>(of_day.count() % 60);
  parts.tm_min = static_cast<int>(of_day.count() / 60 % 60);
  parts.tm_hour = static_cast<int>(of_day.count() / 3600);
  parts.tm_isdst = -1;
  return TimePoint(Seconds(std::mktime(&parts)));
}

std::chrono::year_month_day read_date(Reader& in) {
  const std::chrono::year year(in.digits(4, 9999));
  in.need(in.take('-'));
  const std::chrono::month month(static_cast<unsigned>(in.digits(2, 12)));
  in.need(in.take('-'));
  const std::chrono::day day(static_cast<unsigned>(in.digits(2, 31)));
  const std::chrono::year_month_day out(year, month, day);
  in.need(out.ok());
  return out;
}

std::tm local_parts(TimePoint when) {
  const std::time_t seconds = std::chrono::floor<Seconds>(when).time_since_epoch().count();
  std::tm out{};
  localtime_r(&seconds, &out);
  return out;
}

std::string formatted(const std::tm& parts, const char* format) {
  std::array<char, 64> room{};
  return {room.data(), std::strftime(room.data(), room.size(), format, &parts)};
}

}  // namespace

std::optional<TimePoint> parse_day(std::string_view text, TimePoint now) {
  const int ahead = text == "today" ? 0 : text == "yesterday" ? -1 : text == "tomorrow" ? 1 : 2;
  if (ahead == 2) return std::nullopt;
  std::tm parts = local_parts(now);
  parts.tm_mday += ahead;
  parts.tm_hour = parts.tm_min = parts.tm_sec = 0;
  parts.tm_isdst = -1;
  return TimePoint(Seconds(std::mktime(&parts)));
}

std::string with_local_time(TimePoint when) {
  std::string utc = format_rfc3339(when);
  const std::tm local = local_parts(when);
  if (local.tm_gmtoff == 0) return utc;
  const bool same_day = utc.starts_with(formatted(local, "%Y-%m-%d"));
  return utc + " (" + formatted(local, same_day ? "%H:%M:%S %z" : "%Y-%m-%d %H:%M:%S %z") + ")";
}

std::optional<TimePoint> parse_time(std::string_view text) {
  Reader in(text);
  const auto date = read_date(in);
  if (!in.wrong() && in.at_end()) return local_time(date, Seconds(0));
  in.need(in.take('T') || in.take('t') || in.take(' '));
  Seconds of_day = std::chrono::hours(in.digits(2, 23));
  in.need(in.take(':'));
  of_day += std::chrono::minutes(in.digits(2, 59));
  Milliseconds fraction{0};
  if (in.take(':')) {
    of_day += Seconds(in.digits(2, 60));
    if (in.take('.')) fraction = in.fraction();
  }
  if (!in.wrong() && in.at_end()) return local_time(date, of_day) + fraction;
  const std::chrono::minutes east = offset(in);
  if (in.wrong() || !in.at_end()) return std::nullopt;
  return std::chrono::sys_days(date) + of_day + fraction - east;
}

}  // namespace mailreeve
