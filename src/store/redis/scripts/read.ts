import { COMMON, ELSEWHERE, EVERYONE, LOST, UNCHANGED } from './keys.ts';

/**
 * Arguments: mark, owner, fields of own records, and those of everyone's. Fields are lines: the version that is known, if any,
 * and kind and id in one text, or the kind alone when the id is the owner. Returns the time in seconds and microseconds, then
 * for each record its text or nil, or that it is unchanged; for a token, also the partition that has it.
 */
export const READ = `
local found = redis.call('TIME')

-- Whether the hash has its mark.
local function read(hash, owner, fields)
  if fields == '' then return true end
  local query, versions = {'HMGET', KEYS[1] .. hash, 'mark'}, {}
  for version, field in fields:gmatch('(%d*)([^\\n]+)') do
    versions[#query - 1] = version
    query[#query + 1] = field:find('"', 1, true) and field or field .. owner
  end
  local records = redis.call(unpack(query))
  if records[1] ~= ARGV[1] then return false end
  for i = 2, #records do
    local record, version = records[i], versions[i]
    if not record then
      local id = query[i + 2]:match('^token(.*)')
      local elsewhere = id and redis.call('HGET', KEYS[1] .. 'named', id)
      record = elsewhere and '${ELSEWHERE}' .. elsewhere or false
    elseif version ~= '' and record:sub(2, #version + 2) == version .. ',' then
      record = '${UNCHANGED}'
    end
    found[#found + 1] = record
  end
  return true
end

return read('records', ARGV[2], ARGV[3]) and read('common', '${EVERYONE}', ARGV[4]) and found or '${LOST}'
`;

/**
 * Arguments: mark, kind, the ends of a range of owners, the ends of a range of numbers for the first of them, the maximum
 * number of records, and `last` when the last of each owner come first. Returns the last owner, whether there may be more, and
 * id and text of each record.
 */
export const LIST = `${COMMON}
local mark, kind, from, to, low, high, most, way = unpack(ARGV)
if not redis.call('ZSCORE', at('owners'), '!') then return '${LOST}' end
local members = redis.call('ZRANGEBYLEX', at('owners'), from, to, 'LIMIT', 0, most)
local found, left = {false, #members == tonumber(most) and 1 or 0}, tonumber(most)
for _, member in ipairs(members) do
  local owner = member:match('\\n(.*)$')
  if left == 0 then
    found[2] = 1
    break
  end
  local ids = listIds(kind, owner, low, high, left, way)
  if #ids == 0 and low == '-' and high == '+' then
    -- The partition is made ready again.
    redis.call('ZREM', at('owners'), '!')
    return '${LOST}'
  end
  low, high = '-', '+'
  if #ids > 0 then
    local fields = {}
    for i, id in ipairs(ids) do fields[i] = kind .. id end
    local records = redis.call('HMGET', hashOf(kind, owner), 'mark', unpack(fields))
    if records[1] ~= mark then return '${LOST}' end
    for i, id in ipairs(ids) do
      found[#found + 1] = id
      found[#found + 1] = records[i + 1]
    end
    left = left - #ids
    if left == 0 then found[2] = 1 end
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
  count = count + (SINGLE[name] and 1 or redis.call('XLEN', streamOf(name, owner)))
end
return {format(now() - 1), count, unpack(owners)}
`;

/**
 * Arguments: mark, log, owner, first id, last id, the maximum number of entries, and `last` when the last come first. Returns
 * ids and entries.
 */
export const PART = `${COMMON}
local _, log, owner, first, last, most, way = unpack(ARGV)
local found = {}
for _, entry in ipairs(listEntries(log, owner, first, last, most, way)) do
  found[#found + 1] = entry[1]
  found[#found + 1] = entry[2][2]
end
return found
`;
