-- Counts by the generic cell rate algorithm, as gcra.rs does, by the time of the server. Instants are in microseconds.
-- KEYS: the counts. ARGV: how many of them have to have room for any of them to be counted, then cost and tolerance of each.
-- A negative cost takes a use back. Returns of each count what is left, or, below zero, how long until there is room.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local aheads, rooms = {}, {}
local is_counted = true
for i, key in ipairs(KEYS) do
    local cost, tolerance = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
    local ahead = math.max(tonumber(redis.call('GET', key) or 0) - now, 0)
    aheads[i] = math.min(ahead, tolerance) + cost
    rooms[i] = tolerance - aheads[i]
    if i <= tonumber(ARGV[1]) and rooms[i] < 0 then is_counted = false end
end
for i, key in ipairs(KEYS) do
    if is_counted and rooms[i] >= 0 then
        if aheads[i] > 0 then
            redis.call('SET', key, string.format('%.2f', now + aheads[i]), 'PX', math.ceil(aheads[i] / 1000))
        else
            redis.call('DEL', key)
        end
    end
    if rooms[i] < 0 then rooms[i] = math.floor(rooms[i]) end
end
return rooms
