/**
 * The operations that Redis runs atomically. They contain no rules: records are read, swapped, listed and cleared.
 *
 * Ids and owners are passed and stored as JSON strings, whose closing quote marks their end, so two never collide in one key.
 * Under the prefix, which is the only key passed to every script:
 *
 * | key | holds |
 * |---|---|
 * | `KIND` | hash: id → `[version,born,length,owner,value]`, where `length` is that of `owner` in bytes |
 * | `KIND:of` | sorted set of `owner,id`, all with one score: an owner's records stand together |
 * | `LOG:parts` | set of the owners who have a part in a log |
 * | `LOG:part:OWNER` | stream of entries, whose ids count up over all parts |
 * | `versions`, `appended` | the last version, the last id of an entry |
 * | `born` | when the first instance came here; another when all has been lost since |
 * `hints` | the channel of change notifications, as JSON lists of kind and id |
 */

const COMMON = `
local function at(name) return KEYS[1] .. name end

-- From the time on, so that no version comes twice when a server has lost everything.
local function nextVersion()
  local version = redis.call('INCR', at('versions'))
  if version == 1 then
    local time = redis.call('TIME')
    version = time[1] * 1000000 + time[2]
    redis.call('SET', at('versions'), string.format('%.0f', version))
  end
  return string.format('%.0f', version)
end

local HINTS_A_MESSAGE = 500
local function publish(hints)
  for first = 1, #hints, HINTS_A_MESSAGE do
    local last = math.min(first + HINTS_A_MESSAGE - 1, #hints)
    redis.call('PUBLISH', at('hints'), '[' .. table.concat(hints, ',', first, last) .. ']')
  end
end

local function hint(name, id) return '["' .. name .. '",' .. id .. ']' end

local function versionOf(record) return record and record:match('^%[(%d+),') or '0' end

-- The entries of 'KIND:of' that are the owner's, and how long his name stands before each id.
local function recordsOf(kind, owner)
  local mine = owner .. ','
  return redis.call('ZRANGEBYLEX', at(kind .. ':of'), '[' .. mine, '(' .. mine .. '\\255'), #mine
end
`;

/** Arguments: kind and id of each record. Returns the time in seconds and microseconds, then each record or nil. */
export const READ = `${COMMON}
local found = redis.call('TIME')
for i = 1, #ARGV, 2 do
  found[#found + 1] = redis.call('HGET', at(ARGV[i]), ARGV[i + 1])
end
return found
`;

/**
 * Arguments: kind, id, expected version, owner and value of each change; the value is `null` to delete, and empty when the
 * record must only be unchanged. Returns 1, or 0 when a version is no longer the present one.
 */
export const SWAP = `${COMMON}
for i = 1, #ARGV, 5 do
  if versionOf(redis.call('HGET', at(ARGV[i]), ARGV[i + 1])) ~= ARGV[i + 2] then return 0 end
end
local hints = {}
for i = 1, #ARGV, 5 do
  local kind, id, owner, value = ARGV[i], ARGV[i + 1], ARGV[i + 3], ARGV[i + 4]
  if value ~= '' then
    local version = nextVersion()
    local born = version
    local before = redis.call('HGET', at(kind), id)
    if before then
      local birth, length, start = before:match('^%[%d+,(%d+),(%d+),()')
      born = birth
      redis.call('ZREM', at(kind .. ':of'), before:sub(start, start + length - 1) .. ',' .. id)
    end
    if value == 'null' then
      redis.call('HDEL', at(kind), id)
    else
      local record = table.concat({version, born, #owner, owner, value}, ',')
      redis.call('HSET', at(kind), id, '[' .. record .. ']')
      redis.call('ZADD', at(kind .. ':of'), 0, owner .. ',' .. id)
    end
    hints[#hints + 1] = hint(kind, id)
  end
end
publish(hints)
return 1
`;

/** Arguments: kind, and the owner or nothing for all. Returns records in no particular order. */
export const LIST = `${COMMON}
if ARGV[2] == '' then return redis.call('HVALS', at(ARGV[1])) end
local mine, before = recordsOf(ARGV[1], ARGV[2])
local found = {}
for i, member in ipairs(mine) do found[i] = redis.call('HGET', at(ARGV[1]), member:sub(before + 1)) end
return found
`;

/** Arguments: the owner or nothing for all, then kinds and logs. */
export const CLEAR = `${COMMON}
local hints = {}
local function cleared(name, id) hints[#hints + 1] = hint(name, id) end
local owner = ARGV[1]
for i = 2, #ARGV do
  local name = ARGV[i]
  if owner == '' then
    for _, id in ipairs(redis.call('HKEYS', at(name))) do cleared(name, id) end
    redis.call('UNLINK', at(name), at(name .. ':of'))
    for _, part in ipairs(redis.call('SMEMBERS', at(name .. ':parts'))) do
      redis.call('UNLINK', at(name .. ':part:' .. part))
      cleared(name, part)
    end
    redis.call('UNLINK', at(name .. ':parts'))
  else
    local mine, before = recordsOf(name, owner)
    for _, member in ipairs(mine) do
      local id = member:sub(before + 1)
      redis.call('HDEL', at(name), id)
      redis.call('ZREM', at(name .. ':of'), member)
      cleared(name, id)
    end
    if redis.call('SREM', at(name .. ':parts'), owner) == 1 then
      redis.call('UNLINK', at(name .. ':part:' .. owner))
      cleared(name, owner)
    end
  end
end
publish(hints)
`;

/** Arguments: log, owner, how many entries to keep of the owner, and the entry. */
export const APPEND = `${COMMON}
local log, owner = ARGV[1], ARGV[2]
local id = string.format('%.0f-0', redis.call('INCR', at('appended')))
redis.call('SADD', at(log .. ':parts'), owner)
redis.call('XADD', at(log .. ':part:' .. owner), 'MAXLEN', '=', ARGV[3], id, 'entry', ARGV[4])
publish({hint(log, owner)})
`;

/** Argument: log. Returns the last id, and the owners that may have entries up to it. */
export const PARTS = `${COMMON}
return {redis.call('GET', at('appended')) or '0', redis.call('SMEMBERS', at(ARGV[1] .. ':parts'))}
`;

/** Arguments: log, owner, first id, last id, and the maximum number of entries. Returns ids and entries. */
export const PART = `${COMMON}
local entries = redis.call('XRANGE', at(ARGV[1] .. ':part:' .. ARGV[2]), ARGV[3], ARGV[4], 'COUNT', ARGV[5])
local found = {}
for _, entry in ipairs(entries) do
  found[#found + 1] = entry[1]
  found[#found + 1] = entry[2][2]
end
return found
`;

/** Writes as well as reads, to detect a server that can do only one. Returns when the data was created. */
export const GREET = `${COMMON}
redis.call('SET', at('born'), table.concat(redis.call('TIME'), '.'), 'NX')
redis.call('INCRBY', at('versions'), 0)
return redis.call('GET', at('born'))
`;
