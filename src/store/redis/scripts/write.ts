import { COMMON, LOST, NUMBERS } from './keys.ts';

/**
 * Arguments: mark, owner, the name of the hash, and the number of changes; kind and id in one text, expected version and value
 * of each; then log, how many entries to keep, and entry of each new entry. A kind alone stands for the one record of the
 * owner. A value is `null` to delete, and empty when the record must only be unchanged. Returns the number of the commit and
 * the last one before, or nothing when a version is no longer the present one. Most of what a token costs is here, so it calls
 * few functions.
 */
export const COMMIT = `${NUMBERS}
local prefix, owner, hash = KEYS[1], ARGV[2], KEYS[1] .. ARGV[3]
local last, lastOf = 4 + ARGV[4] * 3, 'last' .. owner
local query = {'HMGET', hash, 'mark', 'last', lastOf}
for i = 5, last, 3 do query[#query + 1] = ARGV[i]:find('"', 1, true) and ARGV[i] or ARGV[i] .. owner end
local found = redis.call(unpack(query))
if found[1] ~= ARGV[1] then return '${LOST}' end
local place = 3
for i = 6, last, 3 do
  place = place + 1
  local record = found[place]
  if (record and record:match('^%[(%d+)') or '0') ~= ARGV[i] then return {} end
end

local first = nextNumber(found[2])
local number, text = first, format(first)
local names, births = found[3] and found[3]:match(' .*$') or ' ', nil
local changes, writes, deleted = {text}, {'HSET', hash}, {'HDEL', hash}

-- Lists the owner under this name. A stream that is there before is left of records that have been lost.
local function addOwner(name, stream)
  if names:find(' ' .. name .. ' ', 1, true) then return end
  names = names .. name .. ' '
  if redis.call('ZADD', prefix .. 'owners', 0, name .. '\\n' .. owner) == 1 then redis.call('UNLINK', stream) end
end

place = 3
for i = 5, last, 3 do
  place = place + 1
  local field, value, record = query[place + 2], ARGV[i + 2], found[place]
  if value ~= '' then changes[#changes + 1] = field end
  if value ~= '' and (value ~= 'null' or record) then
    local kind, id = field:match('^(%l+)(.*)$')
    local stream, isSingle = prefix .. 'of:' .. kind .. ':' .. owner, kind == ARGV[i]
    local version, born = text, '0'
    if record then
      local before
      before, born = record:match('^%[(%d+),(%d+)')
      if born == '0' then born = before end
    end
    if value == 'null' then
      deleted[#deleted + 1] = field
      if not isSingle then redis.call('XDEL', stream, born .. '-0') end
      if isSingle or redis.call('XLEN', stream) == 0 then
        redis.call('UNLINK', stream)
        redis.call('ZREM', prefix .. 'owners', kind .. '\\n' .. owner)
        names = ' '
      end
    else
      if not record then
        births = births or {}
        births[kind] = (births[kind] or -1) + 1
        if births[kind] > 0 then
          number = math.max(number, first + births[kind] * STEP)
          version = format(first + births[kind] * STEP)
        end
        addOwner(kind, stream)
        if not isSingle then redis.call('XADD', stream, version .. '-0', 'id', id) end
      end
      writes[#writes + 1] = field
      writes[#writes + 1] = '[' .. version .. ',' .. born .. ',' .. value .. ']'
    end
  end
end
for i = last + 1, #ARGV, 3 do
  local stream = prefix .. 'of:' .. ARGV[i] .. ':' .. owner
  addOwner(ARGV[i], stream)
  redis.call('XADD', stream, 'MAXLEN', '=', ARGV[i + 1], text .. '-0', 'entry', ARGV[i + 2])
  changes[#changes + 1] = ARGV[i] .. owner
end
if #changes == 1 then return {text, found[2] or '0'} end
if #deleted > 2 then redis.call(unpack(deleted)) end
writes[#writes + 1] = 'last'
writes[#writes + 1] = format(number)
writes[#writes + 1] = lastOf
writes[#writes + 1] = text .. names
redis.call(unpack(writes))
publish(owner, table.concat(changes, '\\n'))
return {format(number), found[2] or '0'}
`;

/**
 * Arguments: mark, owner or nothing, the maximum number of records, the number of kinds, kinds, and logs. Deletes records and
 * logs of the owner, or of all; a hundred entries count as a record. Returns how many were deleted, and kind and id in one text
 * of each; then, if some of them were copied, what `last` was before and what it is then.
 */
export const CLEAR = `${COMMON}
-- So many entries of a stream are freed as fast as one record.
local NODE_SIZE = 100
local owner, most, kinds = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local left, copied, deleted = most, {}, {}
for i = 5, #ARGV do
  local name = ARGV[i]
  local from, to = '[' .. name .. '\\n', '(' .. name .. '\\v'
  if owner ~= '' then from, to = from .. owner, '[' .. name .. '\\n' .. owner end
  while left > 0 do
    local member = redis.call('ZRANGEBYLEX', at('owners'), from, to, 'LIMIT', 0, 1)[1]
    if not member then break end
    local of = member:match('\\n(.*)$')
    local hash = hashOf(name, of)
    local last = redis.call('HGET', hash, 'last')
    local number = nextNumber(last)
    local changes = {format(number)}
    local stream = streamOf(name, of)
    local length = SINGLE[name] and 1 or redis.call('XLEN', stream)
    local trimmed
    if i - 4 > kinds then
      trimmed = math.min(length, left * NODE_SIZE)
      changes[2] = name .. of
      left = left - math.max(1, math.ceil(trimmed / NODE_SIZE))
    else
      local fields = {}
      for place, id in ipairs(listIds(name, of, '-', '+', left)) do
        fields[place] = name .. id
        changes[#changes + 1] = name .. id
        deleted[#deleted + 1] = name .. id
      end
      if #fields > 0 then redis.call('HDEL', hash, unpack(fields)) end
      trimmed = #fields
      left = left - trimmed
    end
    -- UNLINK alone frees memory later: until then, a full server would refuse what is written next.
    redis.call('XTRIM', stream, 'MAXLEN', length - trimmed)
    if trimmed == length then
      redis.call('UNLINK', stream)
      redis.call('ZREM', at('owners'), member)
      redis.call('HDEL', hash, 'last' .. of)
    end
    if hash == at('common') then
      copied = {copied[1] or last or '0', format(number)}
      redis.call('HSET', hash, 'last', format(number))
    end
    publish(of, table.concat(changes, '\\n'))
  end
end
return {most - left, deleted, copied}
`;

/** Arguments: mark, token, the partition that is named for it, and the one to name; both may be empty. Returns 1 when it did. */
export const NAME = `
local named = KEYS[1] .. 'named'
if (redis.call('HGET', named, ARGV[2]) or '') ~= ARGV[3] then return 0 end
if ARGV[4] == '' then redis.call('HDEL', named, ARGV[2]) else redis.call('HSET', named, ARGV[2], ARGV[4]) end
return 1
`;
