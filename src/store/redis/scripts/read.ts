import { COMMON, ELSEWHERE, LOST } from './keys.ts';

/**
 * Arguments: mark, the number of own records, kind and id of each in one text, and those of everyone's. Returns the time in
 * seconds and microseconds, then each record or nil; for a token, also the partition that has it.
 */
export const READ = `
local function at(name) return KEYS[1] .. name end
local found = redis.call('TIME')
local count = tonumber(ARGV[2])
if count > 0 then
  local records = redis.call('HMGET', at('records'), 'mark', unpack(ARGV, 3, 2 + count))
  if records[1] ~= ARGV[1] then return '${LOST}' end
  for i = 2, #records do
    local id = not records[i] and ARGV[1 + i]:match('^token(.*)')
    local elsewhere = id and redis.call('HGET', at('named'), id)
    found[#found + 1] = elsewhere and '${ELSEWHERE}' .. elsewhere or records[i]
  end
end
if #ARGV > 2 + count then
  local records = redis.call('HMGET', at('common'), 'mark', unpack(ARGV, 3 + count))
  if records[1] ~= ARGV[1] then return '${LOST}' end
  for i = 2, #records do found[#found + 1] = records[i] end
end
return found
`;

/**
 * Arguments: mark, kind, the ends of a range of owners, the ends of a range of numbers for the first of them, the maximum
 * number of records, and `last` when the last of each owner come first. Returns the last owner, whether there may be more, and
 * records.
 */
export const LIST = `${COMMON}
local mark, kind, from, to, low, high, most, way = unpack(ARGV)
if not redis.call('ZSCORE', at('owners'), '!') then return '${LOST}' end
local members = redis.call('ZRANGEBYLEX', at('owners'), from, to, 'LIMIT', 0, most)
local found = {false, #members == tonumber(most) and 1 or 0}
for _, member in ipairs(members) do
  local owner = member:match('\\n(.*)$')
  local left = most - (#found - 2)
  if left <= 0 then
    found[2] = 1
    break
  end
  local ids
  if way == 'last' then
    ids = redis.call('ZREVRANGEBYSCORE', indexOf(kind, owner), high, low, 'LIMIT', 0, left)
  else
    ids = redis.call('ZRANGEBYSCORE', indexOf(kind, owner), low, high, 'LIMIT', 0, left)
  end
  if #ids == 0 and low == '-inf' and high == '+inf' then
    -- The partition is made ready again.
    redis.call('ZREM', at('owners'), '!')
    return '${LOST}'
  end
  low, high = '-inf', '+inf'
  if #ids > 0 then
    for i, id in ipairs(ids) do ids[i] = kind .. id end
    local records = redis.call('HMGET', hashOf(kind, owner), 'mark', unpack(ids))
    if records[1] ~= mark then return '${LOST}' end
    for i = 2, #records do found[#found + 1] = records[i] end
    if #ids == left then found[2] = 1 end
  end
  found[1] = owner
end
return found
`;

/**
 * Arguments: mark, name of a kind or log, the ends of a range of owners, and their maximum number. Returns a number that is less
 * than all to come, how many records or entries they have, and the owners.
 */
export const OWNERS = `${COMMON}
local mark, name, from, to, most = unpack(ARGV)
if redis.call('HGET', at('records'), 'mark') ~= mark or not redis.call('ZSCORE', at('owners'), '!') then return '${LOST}' end
local count, owners = 0, redis.call('ZRANGEBYLEX', at('owners'), from, to, 'LIMIT', 0, most)
for i, member in ipairs(owners) do
  local owner = member:match('\\n(.*)$')
  owners[i] = owner
  count = count + redis.call('ZCARD', indexOf(name, owner))
end
return {format(now() - 1), count, unpack(owners)}
`;

/** The same for a log. */
export const PARTS = OWNERS.replace(
  "redis.call('ZCARD', indexOf(name, owner))",
  "redis.call('XLEN', streamOf(name, owner))",
);

/**
 * Arguments: mark, log, owner, first id, last id, the maximum number of entries, and `last` when the last come first. Returns
 * ids and entries.
 */
export const PART = `${COMMON}
local _, log, owner, first, last, most, way = unpack(ARGV)
local entries
if way == 'last' then
  entries = redis.call('XREVRANGE', streamOf(log, owner), last, first, 'COUNT', most)
else
  entries = redis.call('XRANGE', streamOf(log, owner), first, last, 'COUNT', most)
end
local found = {}
for _, entry in ipairs(entries) do
  found[#found + 1] = entry[1]
  found[#found + 1] = entry[2][2]
end
return found
`;
