import { COMMON, LOST } from './keys.ts';

const WITH_WORDS = `${COMMON}
local function try(command, ...)
  local reply = redis.pcall(command, ...)
  if type(reply) == 'table' and reply.err then
    error(reply.err:gsub(' script: .*$', '') .. ' (' .. table.concat({command, (...)}, ' ') .. ')', 0)
  end
  return reply
end

local function isWhole(mark)
  return mark and try('HGET', at('records'), 'mark') == mark and try('HGET', at('common'), 'mark') == mark
    and try('ZSCORE', at('owners'), '!')
end
`;

/**
 * Makes a partition ready. Argument: `first` in the first one, where every command is tried. Replaces the mark, and all there is,
 * when the partition has lost one. Returns mark, configuration and the number of subscribers. A full server is greeted too: it
 * still reads and deletes.
 */
export const GREET = `${WITH_WORDS}
local tried, listeners = at('tried'), 0
for _, command in ipairs(ARGV[1] == 'first' and {
  {'UNLINK', tried}, {'SET', tried, '1'}, {'GET', tried}, {'UNLINK', tried},
  {'HSET', tried, 'a', 'b'}, {'HGET', tried, 'a'}, {'HMGET', tried, 'a'}, {'HGETALL', tried}, {'HDEL', tried, 'a'}, {'UNLINK', tried},
  {'ZADD', tried, 0, 'a'}, {'ZSCORE', tried, 'a'}, {'ZRANGEBYLEX', tried, '-', '+'}, {'ZREM', tried, 'a'}, {'UNLINK', tried},
  {'XADD', tried, '1-0', 'a', 'b'}, {'XLEN', tried}, {'XRANGE', tried, '-', '+'}, {'XREVRANGE', tried, '+', '-'},
  {'XTRIM', tried, 'MAXLEN', 1}, {'XDEL', tried, '1-0'}, {'UNLINK', tried},
  {'PUBLISH', at('instances'), ''}, {'TIME'},
} or {}) do
  local isTried, reply = pcall(try, unpack(command))
  if not isTried then
    if not reply:find('OOM') then error(reply, 0) end
  elseif command[1] == 'PUBLISH' then
    listeners = reply
  end
end
local mark = try('HGET', at('records'), 'mark')
if not isWhole(mark) then
  mark = table.concat(redis.call('TIME'), '.')
  try('UNLINK', at('records'), at('common'), at('owners'), at('named'))
  try('ZADD', at('owners'), 0, '!')
  try('HSET', at('records'), 'mark', mark)
  try('HSET', at('common'), 'mark', mark)
  -- More than any copy of what is lost.
  if ARGV[1] == 'first' then try('HSET', at('common'), 'last', format(nextNumber())) end
end
return {mark, try('GET', at('configuration')) or '', listeners}
`;

/**
 * Arguments: mark, configuration or nothing, seconds until it expires, and owners. Writes as well as reads when there is a
 * configuration. Returns the last number of what is of everyone, and of each owner.
 */
export const CHECK = `${WITH_WORDS}
if not isWhole(ARGV[1]) then return '${LOST}' end
if ARGV[2] ~= '' then try('SET', at('configuration'), ARGV[2], 'EX', ARGV[3]) end
local found = {redis.call('HGET', at('common'), 'last') or '0'}
for i = 4, #ARGV do found[#found + 1] = (redis.call('HGET', at('records'), 'last' .. ARGV[i]) or '0'):match('^%d+') end
return found
`;
