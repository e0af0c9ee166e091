-- SPDX-License-Identifier: BSD-2-Clause
-- What the scripts that judge a client's trust have in common: it stands in front of each of
-- them. The trust is field t of the client's hash, "PASSES EXPIRES". `rules` of these functions:
--   now          ms since 1970       trust_after  messages; 0: nobody is trusted
--   keep         ms                  renewed      the end of what is renewed now
--   margin       for keys that expire, ms

local function live_until(key, expires, rules)
  local wanted = expires - rules.now + rules.margin
  if redis.call('PTTL', key) < wanted then
    redis.call('PEXPIRE', key, string.format('%d', wanted))
  end
end

-- How many messages count, of the field's value, and until when; 0 and 0 if none do any more.
local function read_trust(value, rules)
  local passes, expires = string.match(value or '', '^(%d+) (%d+)$')
  if not passes or tonumber(expires) <= rules.now then return 0, 0 end
  return tonumber(passes), tonumber(expires)
end

local function write_trust(key, passes, rules)
  redis.call('HSET', key, 't', string.format('%d %d', passes, rules.renewed))
  live_until(key, rules.renewed, rules)
end

-- Whether it is trusted; if so, renews that unless it lapses.
local function renew_if_trusted(key, value, rules, lapses)
  local passes, expires = read_trust(value, rules)
  if rules.trust_after == 0 or passes < rules.trust_after then return false end
  if not lapses and expires < rules.now + rules.keep then write_trust(key, passes, rules) end
  return true
end
