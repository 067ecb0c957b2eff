import type { Kind } from '../../store.ts';
import { COPIED_KINDS, PARTITIONS, SINGLE_KINDS } from '../partition.ts';

/**
 * The operations that Redis runs atomically. They contain no rules, and none handles more than a page of records.
 *
 * Each touches the keys of one partition, and gets what these begin with as its only key. Ids and owners are passed and stored
 * as JSON strings. These contain no line break, so it separates them. In a partition:
 *
 * | key | holds |
 * |---|---|
 * | `records` | hash: kind and id → `[version,born,value]`, where `born` is 0 until the record is changed; `mark`, `last` (number), and `lastOWNER`: the last number of an owner, and names in `owners` |
 * | `common` | the same for what is of everyone, and in every partition but the first a copy of it |
 * | `owners` | sorted set of `KIND\nOWNER` and `LOG\nOWNER` for whatever there is, all with one score; and `!` |
 * | `of:KIND:OWNER` | stream of an owner's ids in the order of creation, without kinds of which an owner has one record |
 * | `of:LOG:OWNER` | stream of entries |
 * | `named` | hash: tokens that lie in another partition than their text says → that partition |
 * | `configuration` | in the first partition: hashes of the settings of a running instance; expires soon after the last one |
 *
 * `mark` is replaced when one of the first three keys has been lost, because then nothing is left of the partition.
 *
 * Versions, ids of entries and the order of creation are numbers of the server's time, which differ between partitions. So no
 * number is given again by a server that lost the last writes.
 *
 * `changes:OWNER` and `changes` are the channels of change notifications: lines with a number, then kind and id of each change.
 */

/** The most records or entries that one script handles. Redis serves no other client meanwhile. */
export const PAGE_SIZE = 512;

/** What a script answers when data has lost its mark. */
export const LOST = 'LOST';

/** What READ answers before the number of the partition that has a token. */
export const ELSEWHERE = '@';

/** What READ answers instead of a record that has the version that is known. */
export const UNCHANGED = '=';

/** The owner of what is of everyone. */
export const EVERYONE = '""';

/** Lua functions for numbers and change notifications. */
export const NUMBERS = `
-- Numbers of a partition are as far apart as there are partitions. One for every 4 microseconds since 2026 is exact in Lua
-- until 2043, and no script is faster.
local STEP = ${PARTITIONS}
local function now()
  local time = redis.call('TIME')
  return math.floor(((time[1] - 1767225600) * 1000000 + time[2]) / 4) * STEP
end
local function format(number) return string.format('%.0f', number) end
local function nextNumber(last)
  local partition = tonumber(KEYS[1]:match('{(%d+)}:$'))
  return math.max((last or partition) + STEP, now() + partition)
end

local function publish(owner, message)
  redis.call('PUBLISH', KEYS[1] .. 'changes:' .. owner, message)
  redis.call('PUBLISH', KEYS[1] .. 'changes', message)
end
`;

const toTable = (kinds: readonly Kind[]): string => kinds.map((kind) => `${kind} = true`).join(', ');

/** These, and Lua functions for the names of keys and the ids of an owner's records. */
export const COMMON = `${NUMBERS}
local function at(name) return KEYS[1] .. name end

local COPIED = {${toTable(COPIED_KINDS)}}
local SINGLE = {${toTable(SINGLE_KINDS)}}
local function hashOf(kind, owner) return at(owner == '${EVERYONE}' and COPIED[kind] and 'common' or 'records') end
local function streamOf(name, owner) return at('of:' .. name .. ':' .. owner) end

local function listEntries(name, owner, first, last, most, way)
  if way == 'last' then return redis.call('XREVRANGE', streamOf(name, owner), last, first, 'COUNT', most) end
  return redis.call('XRANGE', streamOf(name, owner), first, last, 'COUNT', most)
end

local function listIds(kind, owner, first, last, most, way)
  if SINGLE[kind] then return {owner} end
  local entries = listEntries(kind, owner, first, last, most, way)
  for i, entry in ipairs(entries) do entries[i] = entry[2][2] end
  return entries
end
`;
