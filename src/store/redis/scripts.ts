/**
 * The operations that Redis runs atomically. They contain no rules, and none handles more than a page of records.
 *
 * Ids and owners are passed and stored as JSON strings. These contain no line break, so it separates them. Under the prefix,
 * which is the only key passed to every script:
 *
 * | key | holds |
 * |---|---|
 * | `KIND` | hash: id → `[version,born,value]`, and `mark` |
 * | `KIND:of` | sorted set of `OWNER\nBORN\nID`, all with one score: an owner's records stand together, oldest first; and `!` |
 * | `LOG:parts` | sorted set of the owners who have a part in a log |
 * | `LOG:part:OWNER` | stream of entries, whose ids count up over all parts |
 * | `versions`, `appended` | the last version, the last id of an entry |
 * | `born` | hash: `layout` of these keys, and `mark`, which is replaced when a kind has been lost |
 * | `configuration` | hashes of the settings of a running instance; expires soon after the last one |
 *
 * `changes` is the channel of change notifications, as JSON lists of kind and id. A string `born` is layout 1, and its
 * instances fail on the hash.
 */

/** Another number for every change of the keys above. */
export const LAYOUT = '2';

/** The most records or entries that one script handles. Redis serves no other client meanwhile. */
export const PAGE_SIZE = 512;

/** What a script answers when data has lost its mark. */
export const LOST = 'LOST';

const COMMON = `
local function at(name) return KEYS[1] .. name end

-- To the time: a server that lost the last writes must not give their numbers again.
local function raise(name)
  local time = redis.call('TIME')
  local now = time[1] * 1000000 + time[2]
  if tonumber(redis.call('GET', at(name)) or 0) < now then
    redis.call('SET', at(name), string.format('%.0f', now))
  end
end

-- The next version, or id of an entry.
local function nextNumber(name, isAgain)
  local number = redis.call('INCR', at(name))
  if number == 1 and isAgain() then
    raise(name)
    number = redis.call('INCR', at(name))
  end
  return string.format('%.0f', number)
end

local function publish(changes)
  if #changes > 0 then redis.call('PUBLISH', at('changes'), '[' .. table.concat(changes, ',') .. ']') end
end

local function change(name, id) return '["' .. name .. '",' .. id .. ']' end

local function versionOf(record) return record and record:match('^%[(%d+)') or '0' end

local function memberOf(owner, born, id) return owner .. '\\n' .. born .. '\\n' .. id end
local function idOf(member) return member:match('^[^\\n]*\\n%d+\\n(.*)$') end
`;

/** Arguments: mark, then kind, number of ids, and ids. Returns the time in seconds and microseconds, then each record or nil. */
export const READ = `
local found = redis.call('TIME')
local next = 2
while next <= #ARGV do
  local last = next + 1 + ARGV[next + 1]
  local records = redis.call('HMGET', KEYS[1] .. ARGV[next], 'mark', unpack(ARGV, next + 2, last))
  if records[1] ~= ARGV[1] then return '${LOST}' end
  for i = 2, #records do found[#found + 1] = records[i] end
  next = last + 1
end
return found
`;

/**
 * Arguments: kind, id, expected version, owner and value of each change; the value is `null` to delete, and empty when the
 * record must only be unchanged. Returns 1, or 0 when a version is no longer the present one.
 */
export const SWAP = `${COMMON}
local births = {}
for i = 1, #ARGV, 5 do
  local record = redis.call('HGET', at(ARGV[i]), ARGV[i + 1])
  if versionOf(record) ~= ARGV[i + 2] then return 0 end
  births[i] = record and record:match('^%[%d+,(%d+)')
end
local changes = {}
for i = 1, #ARGV, 5 do
  local kind, id, owner, value, born = ARGV[i], ARGV[i + 1], ARGV[i + 3], ARGV[i + 4], births[i]
  if value == 'null' then
    if born then
      redis.call('HDEL', at(kind), id)
      redis.call('ZREM', at(kind .. ':of'), memberOf(owner, born, id))
    end
  elseif value ~= '' then
    local version = nextNumber('versions', function() return true end)
    redis.call('HSET', at(kind), id, '[' .. version .. ',' .. (born or version) .. ',' .. value .. ']')
    if not born then redis.call('ZADD', at(kind .. ':of'), 0, memberOf(owner, version, id)) end
  end
  if value ~= '' then changes[#changes + 1] = change(kind, id) end
end
publish(changes)
return 1
`;

/**
 * Arguments: mark, kind, the ends of a range, the maximum number of records, and `last` when the last come first. Returns
 * where the next page begins, then records; nothing when there are no more.
 */
export const LIST = `${COMMON}
local mark, kind, from, to, most, first = unpack(ARGV)
if not redis.call('ZSCORE', at(kind .. ':of'), '!') then return '${LOST}' end
local members
if first == 'last' then
  members = redis.call('ZREVRANGEBYLEX', at(kind .. ':of'), to, from, 'LIMIT', 0, most)
else
  members = redis.call('ZRANGEBYLEX', at(kind .. ':of'), from, to, 'LIMIT', 0, most)
end
if #members == 0 then return {} end
local ids = {}
for i, member in ipairs(members) do ids[i] = idOf(member) end
local found = redis.call('HMGET', at(kind), 'mark', unpack(ids))
if found[1] ~= mark then return '${LOST}' end
found[1] = '(' .. members[#members]
return found
`;

/**
 * Arguments: mark, kind, the ends of a range of owners, and the maximum number of owners. Returns how many records are in the
 * range, and owners.
 */
export const OWNERS = `${COMMON}
local mark, kind, from, to, most = unpack(ARGV)
if redis.call('HGET', at(kind), 'mark') ~= mark or not redis.call('ZSCORE', at(kind .. ':of'), '!') then return '${LOST}' end
local found = {redis.call('ZLEXCOUNT', at(kind .. ':of'), from, to)}
while #found <= tonumber(most) do
  local member = redis.call('ZRANGEBYLEX', at(kind .. ':of'), from, to, 'LIMIT', 0, 1)[1]
  if not member then break end
  local owner = member:match('^[^\\n]*')
  found[#found + 1] = owner
  from = '(' .. owner .. '\\v'
end
return found
`;

/** Arguments: kind, the ends of a range of owners, and the maximum number of records. Returns how many were deleted. */
export const CLEAR = `${COMMON}
local kind, from, to, most = unpack(ARGV)
local members = redis.call('ZRANGEBYLEX', at(kind .. ':of'), from, to, 'LIMIT', 0, most)
if #members == 0 then return 0 end
local ids, changes = {}, {}
for i, member in ipairs(members) do
  ids[i] = idOf(member)
  changes[i] = change(kind, ids[i])
end
redis.call('HDEL', at(kind), unpack(ids))
redis.call('ZREM', at(kind .. ':of'), unpack(members))
publish(changes)
return #members
`;

/** Arguments: log, owner, how many entries to keep of the owner, and the entry. */
export const APPEND = `${COMMON}
local log, owner, most, entry = unpack(ARGV)
local parts = at(log .. ':parts')
local function append()
  local id = nextNumber('appended', function() return redis.call('ZCARD', parts) > 0 end)
  return redis.pcall('XADD', at(log .. ':part:' .. owner), 'MAXLEN', '=', most, id .. '-0', 'entry', entry)
end
local reply = append()
if type(reply) == 'table' and reply.err:find('equal or smaller') then
  -- The counter was evicted.
  raise('appended')
  reply = append()
end
if type(reply) == 'table' then return reply end
redis.call('ZADD', parts, 0, owner)
publish({change(log, owner)})
`;

/**
 * Arguments: log, the ends of a range of owners, and their maximum number. Returns the last id, how many entries the owners
 * have, and the owners.
 */
export const PARTS = `${COMMON}
local owners = redis.call('ZRANGEBYLEX', at(ARGV[1] .. ':parts'), ARGV[2], ARGV[3], 'LIMIT', 0, ARGV[4])
local count = 0
for _, owner in ipairs(owners) do count = count + redis.call('XLEN', at(ARGV[1] .. ':part:' .. owner)) end
return {redis.call('GET', at('appended')) or '0', count, unpack(owners)}
`;

/**
 * Arguments: log, owner, first id, last id, the maximum number of entries, and `last` when the last come first. Returns ids
 * and entries.
 */
export const PART = `${COMMON}
local part = at(ARGV[1] .. ':part:' .. ARGV[2])
local entries
if ARGV[6] == 'last' then
  entries = redis.call('XREVRANGE', part, ARGV[4], ARGV[3], 'COUNT', ARGV[5])
else
  entries = redis.call('XRANGE', part, ARGV[3], ARGV[4], 'COUNT', ARGV[5])
end
local found = {}
for _, entry in ipairs(entries) do
  found[#found + 1] = entry[1]
  found[#found + 1] = entry[2][2]
end
return found
`;

/** Arguments: log, and owners whose parts are deleted. */
export const CLEAR_PARTS = `${COMMON}
local changes = {}
for i = 2, #ARGV do
  if redis.call('ZREM', at(ARGV[1] .. ':parts'), ARGV[i]) == 1 then changes[#changes + 1] = change(ARGV[1], ARGV[i]) end
  redis.call('UNLINK', at(ARGV[1] .. ':part:' .. ARGV[i]))
end
publish(changes)
`;

const WITH_WORDS = `${COMMON}
local function try(command, ...)
  local reply = redis.pcall(command, ...)
  if type(reply) == 'table' and reply.err then
    error(reply.err:gsub(' script: .*$', '') .. ' (' .. table.concat({command, (...)}, ' ') .. ')', 0)
  end
  return reply
end

local function isWhole(kind, mark)
  return try('HGET', at(kind), 'mark') == mark and try('ZSCORE', at(kind .. ':of'), '!')
end
`;

/**
 * Arguments: layout, `again` after the first time, and every kind. Tries every command, and replaces the mark and the kinds
 * that have lost theirs. Returns layout, mark, configuration and the number of subscribers. A full server is greeted too: it
 * still reads and deletes.
 */
export const GREET = `${WITH_WORDS}
local born, isAgain = at('born'), ARGV[2] == 'again'
local layout = redis.pcall('HGET', born, 'layout')
if type(layout) == 'table' and layout.err:find('WRONGTYPE') then return {'1'} end
if layout and layout ~= ARGV[1] and type(layout) == 'string' then return {layout} end

local tried = at('tried')
local isFull, listeners = false, 0
for _, command in ipairs({
  {'UNLINK', tried}, {'SET', tried, '1'}, {'GET', tried}, {'INCR', tried}, {'UNLINK', tried},
  {'HSET', tried, 'a', 'b'}, {'HGET', tried, 'a'}, {'HMGET', tried, 'a'}, {'HDEL', tried, 'a'}, {'UNLINK', tried},
  {'ZADD', tried, 0, 'a'}, {'ZSCORE', tried, 'a'}, {'ZCARD', tried}, {'ZLEXCOUNT', tried, '-', '+'}, {'ZRANGEBYLEX', tried, '-', '+'},
  {'ZREVRANGEBYLEX', tried, '+', '-'}, {'ZREM', tried, 'a'}, {'UNLINK', tried}, {'XADD', tried, '*', 'a', 'b'},
  {'XLEN', tried}, {'XRANGE', tried, '-', '+'}, {'XREVRANGE', tried, '+', '-'}, {'UNLINK', tried},
  {'PUBLISH', at('changes'), '[]'}, {'TIME'},
}) do
  local isTried, reply = pcall(try, unpack(command))
  if not isTried then
    if not reply:find('OOM') then error(reply, 0) end
    isFull = true
  elseif command[1] == 'PUBLISH' then
    listeners = reply
  end
end
local mark = try('HGET', born, 'mark') or try('HGET', at(ARGV[3]), 'mark')
local lost = {}
for i = 3, #ARGV do
  if not isWhole(ARGV[i], mark) or not mark then lost[#lost + 1] = ARGV[i] end
end
if #lost > 0 then
  mark = table.concat(redis.call('TIME'), '.')
  for _, kind in ipairs(lost) do
    try('UNLINK', at(kind), at(kind .. ':of'))
    try('ZADD', at(kind .. ':of'), 0, '!')
  end
  for i = 3, #ARGV do try('HSET', at(ARGV[i]), 'mark', mark) end
end
if #lost > 0 or not layout then try('HSET', born, 'layout', ARGV[1], 'mark', mark) end
if not isFull then
  raise('versions')
  if isAgain or redis.call('GET', at('appended')) then raise('appended') end
end
return {ARGV[1], mark, try('GET', at('configuration')) or '', listeners}
`;

/** Arguments: mark, configuration, seconds until it expires, and every kind. Writes as well as reads. */
export const CHECK = `${WITH_WORDS}
for i = 4, #ARGV do
  if not isWhole(ARGV[i], ARGV[1]) then return '${LOST}' end
end
try('SET', at('configuration'), ARGV[2], 'EX', ARGV[3])
raise('versions')
`;
