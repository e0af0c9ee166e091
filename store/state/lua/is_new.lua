-- SPDX-License-Identifier: BSD-2-Clause
-- What the scripts that let something stand until a time have in common: it stands in front of
-- each of them. is_new() of core/quota_state.cc on the time in this field of a hash: `after` and
-- `latest` are those of a NoticePeriod.
local function is_new(key, field, after, latest)
  local stands = tonumber(redis.call('HGET', key, field) or nil)
  return not stands or stands <= tonumber(after) or stands > tonumber(latest)
end
