import { COMMON, EVERYONE, LOST } from './keys.ts';

/**
 * Arguments: mark, what `last` of the copy was before, what it is then; then kind and id in one text, and record of each
 * change, which is empty when there is none. Returns 0 when something is missing in between.
 */
export const COPY = `${COMMON}
local found = redis.call('HMGET', at('common'), 'mark', 'last')
if found[1] ~= ARGV[1] then return '${LOST}' end
local last = found[2] or '0'
if last ~= ARGV[2] then return tonumber(last) >= tonumber(ARGV[3]) and 1 or 0 end
local changes = {ARGV[3]}
for i = 4, #ARGV, 2 do
  if ARGV[i + 1] == '' then redis.call('HDEL', at('common'), ARGV[i])
  else redis.call('HSET', at('common'), ARGV[i], ARGV[i + 1]) end
  changes[#changes + 1] = ARGV[i]
end
redis.call('HSET', at('common'), 'last', ARGV[3])
redis.call('PUBLISH', at('changes:${EVERYONE}'), table.concat(changes, '\\n'))
return 1
`;

/** Argument: mark. Returns everything that is of everyone, flat. Run only when a copy lacks something. */
export const COMMONS = `
local found = redis.call('HGETALL', KEYS[1] .. 'common')
for i = 1, #found, 2 do
  if found[i] == 'mark' and found[i + 1] == ARGV[1] then return found end
end
return '${LOST}'
`;

/** Arguments: mark, and what COMMONS has returned. Replaces the copy, unless it is newer. */
export const REPLACE = `${COMMON}
local found = redis.call('HMGET', at('common'), 'mark', 'last')
if found[1] ~= ARGV[1] then return '${LOST}' end
local last = '0'
for i = 2, #ARGV, 2 do if ARGV[i] == 'last' then last = ARGV[i + 1] end end
if tonumber(found[2] or 0) >= tonumber(last) then return end
redis.call('UNLINK', at('common'))
for i = 2, #ARGV, 2 do redis.call('HSET', at('common'), ARGV[i], ARGV[i + 1]) end
redis.call('HSET', at('common'), 'mark', ARGV[1])
redis.call('PUBLISH', at('changes:${EVERYONE}'), '')
`;
