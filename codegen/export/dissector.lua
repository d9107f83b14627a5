-- Everything below is the same in each dissector; what differs is in FORMAT.

-- Lua 5.2 has a library for this; later versions have operators that 5.2 cannot parse.
local xor = bit32 and bit32.bxor or load("return function(a, b) return a ~ b end")()
local band = bit32 and bit32.band or load("return function(a, b) return a & b end")()

local TYPES = { [1] = "int8", [2] = "int16", [3] = "int24", [4] = "int32" }

local proto = Proto(FORMAT.name, FORMAT.title)
local whole_frame = Field.new("frame")
local expert = ProtoExpert.new(FORMAT.name .. ".invalid", "Invalid", expert.group.PROTOCOL,
                               expert.severity.ERROR)
local fault = ProtoField.string(FORMAT.name .. ".fault", "Fault")
local payload = ProtoField.bytes(FORMAT.name .. ".payload", "Payload")
local fields = { fault, payload }

for _, each in ipairs(FORMAT.fields) do
	local abbreviation = FORMAT.name .. "." .. each.path:lower()
	if each.kind ~= "number" then
		each.shown = ProtoField[each.kind](abbreviation, each.label)
	else
		local kind = TYPES[math.ceil(each.bits / 8)] or "int64"
		local names = kind ~= "int64" and each.names or nil
		kind = each.signed and kind or "u" .. kind
		each.shown = ProtoField[kind](abbreviation, each.label,
		                              each.sum and base.HEX or base.DEC, names)
	end
	table.insert(fields, each.shown)
end
proto.fields = fields
proto.experts = { expert }

-- A frame has its bytes, the place at which FORMAT begins in it, and those at which it ends:
-- with the padding of a payload, and as it would end without that.

local function octet(frame, position)
	local from = frame.start
	if position.from_end then
		from = position.unpadded and frame.unpadded or frame.ending
	end
	return from + math.floor(position.bits / 8)
end

-- The length of a frame with the padding of its payload.
local function padded(length)
	local padding = FORMAT.padding
	if not padding then
		return length
	end
	local counted = length - padding.uncounted
	if counted < padding.least then
		return padding.least + padding.uncounted
	end
	return length + -counted % padding.multiple
end

local function range(frame, each)
	local first = octet(frame, each.at)
	local behind = each.at.bits % 8 + each.bits
	return frame.bytes(first, math.ceil(behind / 8))
end

-- The number in a field's bits; a UInt64 where it has more than 32.
local function number(frame, each)
	local bytes, bit = range(frame, each), each.at.bits % 8
	if not each.little then
		return bytes:bitfield(bit, each.bits)
	end
	local low = bytes(0, math.min(bytes:len(), 8)):le_uint64():rshift(bit)
	if bytes:len() > 8 then
		low = low:bor(UInt64(bytes(8, 1):uint()):lshift(64 - bit))
	end
	local unused = 64 - each.bits
	local value = low:lshift(unused):rshift(unused)
	return each.bits <= 32 and value:lower() or value
end

-- The number that the bits stand for: in two's complement where the field is signed.
local function value_of(frame, each)
	local value = number(frame, each)
	if each.encoding == "quic" then
		local bits = each.bits - 2
		return type(value) == "number" and value % 2 ^ bits or value:lshift(2):rshift(2)
	elseif each.encoding == "leb128" then
		local bytes = range(frame, each):bytes()
		local wide = UInt64(0)
		for at = bytes:len() - 1, 0, -1 do
			wide = wide:lshift(7):bor(UInt64(bytes:get_index(at) % 128))
		end
		return each.bits <= 32 and wide:lower() or wide
	end
	if not each.signed then
		return value
	elseif type(value) == "number" then
		return value < 2 ^ (each.bits - 1) and value or value - 2 ^ each.bits
	end
	local unused = 64 - each.bits
	return Int64.new(value:lshift(unused)):arshift(unused)
end

-- The value as text that can be compared: decimal for a number, else hexadecimal.
local function text(frame, each)
	if each.kind ~= "number" then
		return range(frame, each):bytes():tohex(true)
	end
	local value = value_of(frame, each)
	return type(value) == "number" and string.format("%.0f", value) or tostring(value)
end

local function size(frame, extent)
	return octet(frame, extent.ending) - octet(frame, extent.start)
end

local function expected_length(frame, length)
	return math.floor(size(frame, length) * length.per / length.unit) + length.plus
end

-- --- Checksums ----------------------------------------------------------------

local function internet(data)
	local total = 0
	for i = 1, #data, 2 do
		local high, low = data:byte(i, i + 1)
		total = total + high * 256 + (low or 0)
	end
	while total > 0xFFFF do
		total = total % 0x10000 + math.floor(total / 0x10000)
	end
	return 0xFFFF - total
end

-- The lowest bits of a number in the opposite order.
local function reversed(value, bits)
	local found = 0
	for _ = 1, bits do
		found = found * 2 + value % 2
		value = math.floor(value / 2)
	end
	return found
end

-- A register of 64 bits in halves, shifted to the left.
local function shifted(high, low, bits)
	local room = 2 ^ (32 - bits)
	high = (high % room) * 2 ^ bits + math.floor(low / room)
	return math.floor(high), math.floor((low % room) * 2 ^ bits)
end

-- The function of a CRC of any width; its register has the CRC in its upper bits.
local function crc_of(parameters)
	local polynomial, width = parameters.polynomial, parameters.width
	local highs, lows = {}, {}
	for first = 0, 255 do
		local high, low = first * 16777216, 0
		for _ = 1, 8 do
			local leaves = high >= 2147483648
			high, low = shifted(high, low, 1)
			if leaves then
				high, low = xor(high, polynomial.high), xor(low, polynomial.low)
			end
		end
		highs[first], lows[first] = high, low
	end
	return function(data)
		local high, low = parameters.init.high, parameters.init.low
		for i = 1, #data do
			local byte = data:byte(i)
			byte = parameters.reflect_in and reversed(byte, 8) or byte
			local entry = xor(math.floor(high / 16777216), byte)
			high, low = shifted(high, low, 8)
			high, low = xor(high, highs[entry]), xor(low, lows[entry])
		end
		if parameters.reflect_out then
			-- The CRC is in the lower bits then.
			high, low = reversed(low, 32), reversed(high, 32)
		elseif width <= 32 then
			high, low = 0, math.floor(high / 2 ^ (32 - width))
		else
			local room = 2 ^ (64 - width)
			low = math.floor(low / room) + (high % room) * 2 ^ (width - 32)
			high = math.floor(high / room)
		end
		high = xor(math.floor(high), parameters.xor_out.high)
		low = xor(math.floor(low), parameters.xor_out.low)
		return width <= 32 and low or UInt64(low, high)
	end
end

local function crc(polynomial)
	local entries = {}
	for first = 0, 255 do
		local entry = first
		for _ = 1, 8 do
			local odd = entry % 2 == 1
			entry = math.floor(entry / 2)
			entry = odd and xor(entry, polynomial) or entry
		end
		entries[first] = entry
	end
	return function(data)
		local register = 0xFFFFFFFF
		for i = 1, #data do
			local entry = entries[xor(register % 256, data:byte(i))]
			register = xor(math.floor(register / 256), entry)
		end
		return 0xFFFFFFFF - register
	end
end

local function sums(modulus, low, factor)
	return function(data)
		local high, low = 0, low
		for i = 1, #data do
			low = (low + data:byte(i)) % modulus
			high = (high + low) % modulus
		end
		return high * factor + low
	end
end

local ALGORITHMS = {
	["RFC 1071 internet checksum"] = internet,
	["CRC-32"] = crc(0xEDB88320),
	["CRC32c"] = crc(0x82F63B78),
	["Adler-32"] = sums(65521, 1, 65536),
	["Fletcher-16"] = sums(255, 0, 256),
}

-- The bits of a number, most significant first, as text of zeros and ones.
local function binary(digits, bits)
	local found = {}
	for digit in digits:gmatch("%x") do
		local value = tonumber(digit, 16)
		for weight = 3, 0, -1 do
			table.insert(found, math.floor(value / 2 ^ weight) % 2 == 1 and "1" or "0")
		end
	end
	return string.rep("0", bits - #found) .. table.concat(found, "", math.max(1, #found - bits + 1))
end

-- The bytes of a number in hexadecimal, in the opposite order.
local function swapped(digits, bits)
	local found = ""
	for byte in (string.rep("0", bits / 4 - #digits) .. digits):sub(-bits / 4):gmatch("%x%x") do
		found = byte .. found
	end
	return found
end

local function pseudo_header(frame, sum, length)
	local bits = ""
	for _, part in ipairs(sum.pseudo) do
		local digits
		if part.field then
			-- A little-endian number counts with its bytes in the order in which they are sent.
			local at_byte = part.field.at.bits % 8 == 0
			if part.field.kind ~= "number" or (part.field.little and at_byte) then
				digits = range(frame, part.field):bytes():tohex(true)
			else
				local value = number(frame, part.field)
				digits = type(value) == "number" and string.format("%x", value) or value:tohex()
				digits = part.field.little and swapped(digits, part.bits) or digits
			end
		else
			digits = part.value or string.format("%x", length)
		end
		bits = bits .. binary(digits, part.bits)
	end
	return (bits:gsub("%d%d%d%d%d%d%d%d", function(byte)
		return string.char(tonumber(byte, 2))
	end))
end

-- The bytes that a checksum covers; the field itself and others count as zero.
local function covered(frame, sum)
	local found = {}
	for _, extent in ipairs(sum.over) do
		local first, length = octet(frame, extent.start), size(frame, extent)
		local bytes = length > 0 and frame.bytes(first, length):raw() or ""
		for _, each in ipairs(sum.blank) do
			local at = octet(frame, each) - first + 1
			if at >= 1 and at <= length then
				local rest = band(bytes:byte(at), 255 - each.mask)
				bytes = bytes:sub(1, at - 1) .. string.char(rest) .. bytes:sub(at + 1)
			end
		end
		table.insert(found, bytes)
	end
	return table.concat(found)
end

local crcs = {}

-- The checksum that a frame should have; nil for an algorithm that only its author has.
local function checksum(frame, each)
	local sum = each.sum
	if sum.crc then
		crcs[each] = crcs[each] or crc_of(sum.crc)
	end
	local algorithm = sum.crc and crcs[each] or ALGORITHMS[sum.algorithm]
	if not algorithm then
		return nil
	end
	local bytes = covered(frame, sum)
	local result = algorithm(pseudo_header(frame, sum, #bytes) .. bytes)
	return (result == 0 or result == UInt64(0)) and sum.zero_as or result
end

-- --- Dissection ---------------------------------------------------------------

-- What a field should be, as text; nil where anything is valid.
local function wanted(frame, each)
	if each.constant then
		return each.constant
	elseif each.length then
		local counted = expected_length(frame, each.length)
		counted = each.length.codes and (each.length.codes[counted] or -1) or counted
		return string.format("%.0f", counted)
	elseif each.sum then
		local found = checksum(frame, each)
		if each.sum.optional and text(frame, each) == "0" then
			return nil
		end
		return type(found) == "number" and string.format("%.0f", found) or found and tostring(found)
	end
end

local function add(tree, frame, each)
	local bytes, item = range(frame, each)
	if each.kind ~= "number" then
		item = tree:add(each.shown, bytes)
	else
		item = tree:add(each.shown, bytes, value_of(frame, each))
	end
	local found, should = text(frame, each), wanted(frame, each)
	local problem
	if should and should ~= found then
		problem = string.format("%s is %s, and should be %s", each.path, found, should)
	elseif each.names and not each.names[tonumber(found)] then
		problem = string.format("%s is %s, which has no name", each.path, found)
	end
	if problem then
		item:add_proto_expert_info(expert, problem)
		item:add(fault, bytes, problem):set_generated()
	end
end

-- The bytes that a length field counts, and those that it does not, as it declares them; nil
-- for a code that no size has.
local function declared(frame, each)
	local length = each.length
	local counted = tonumber(text(frame, each))
	if length.sizes then
		counted = length.sizes[counted]
		if not counted then
			return nil
		end
	end
	local covered = math.floor((counted - length.plus) * length.unit / length.per)
	return covered + length.start.bits / 8 - length.ending.bits / 8
end

-- Where the frame ends, without what a link added behind it, and where its payload's padding is.
local function find_ends(frame)
	local each = FORMAT.length_field
	if each and frame.ending - frame.start >= FORMAT.least then
		local total = declared(frame, each)
		if not total then
			frame.unpadded = frame.ending
			return frame
		end
		if each.length.ending.unpadded then
			total = padded(math.max(total, FORMAT.min_length))
		else
			total = math.max(total, padded(FORMAT.min_length))
		end
		frame.ending = math.min(frame.ending, frame.start + total)
	end
	frame.unpadded = frame.ending
	each = FORMAT.padding_field
	if each then
		local unpadded = frame.ending - declared(frame, each)
		if not each.length.start.from_end then
			unpadded = frame.start + declared(frame, each)
		end
		if unpadded >= frame.start + FORMAT.least and unpadded <= frame.ending then
			frame.unpadded = unpadded
		end
	elseif FORMAT.padding then
		frame.unpadded = frame.start + FORMAT.min_length
	end
	return frame
end

local function dissect(frame, tree, pinfo)
	pinfo.cols.protocol = FORMAT.name
	local first = octet(frame, FORMAT.begin)
	local branch = tree:add(proto, frame.bytes(first, frame.ending - first))
	local headers = {}
	for _, each in ipairs(FORMAT.fields) do
		if not headers[each.header] then
			headers[each.header] = branch:add(each.title)
		end
		add(headers[each.header], frame, each)
	end
	if FORMAT.payload then
		local length = size(frame, FORMAT.payload)
		if length > 0 then
			branch:add(payload, frame.bytes(octet(frame, FORMAT.payload.start), length))
		end
	end
	local total = frame.unpadded - frame.start
	local problem
	if total < FORMAT.min_length or total > FORMAT.max_length
	   or (total - FORMAT.min_length) % FORMAT.length_step ~= 0 then
		problem = string.format("%d bytes, and should be %s", total, FORMAT.lengths)
	elseif padded(total) ~= frame.ending - frame.start then
		problem = string.format("%d bytes of padding, and should be %d",
		                        frame.ending - frame.unpadded, padded(total) - total)
	end
	if problem then
		branch:add_proto_expert_info(expert, problem)
		branch:add(fault, problem):set_generated()
	end
end

-- Whether a condition of optional fields holds.
local function holds(frame, condition)
	if condition.parts then
		for _, each in ipairs(condition.parts) do
			if holds(frame, each) ~= condition.all then
				return not condition.all
			end
		end
		return condition.all
	end
	local value, limit = value_of(frame, condition.field), tonumber(condition.value)
	if type(value) ~= "number" then
		limit = (condition.field.signed and Int64 or UInt64).new(condition.value)
	end
	local operator = condition.operator
	if operator == "==" or operator == "!=" then
		return (value == limit) == (operator == "==")
	elseif operator == "<" or operator == ">=" then
		return (value < limit) == (operator == "<")
	end
	return (value <= limit) == (operator == "<=")
end

-- Whether the values that identify the format are those of a frame.
local function is_ours(frame)
	if frame.ending - frame.start < FORMAT.least then
		return false
	end
	for _, each in ipairs(FORMAT.deciding) do
		if each.mask then
			local value = number(frame, each)
			value = type(value) == "number" and UInt64(value) or value
			local differs = value:bxor(UInt64.fromhex(each.value))
			if differs:band(UInt64.fromhex(each.mask)) ~= UInt64(0) then
				return false
			end
		elseif text(frame, each) ~= each.value then
			return false
		end
	end
	for _, each in ipairs(FORMAT.conditions) do
		if not holds(frame, each) then
			return false
		end
	end
	return true
end

function proto.dissector(tvb, pinfo, tree)
	local frame
	if FORMAT.table then
		-- Headers below may be needed for checksums, so places count from the frame's start.
		local start = tvb:offset() - FORMAT.begin.bits / 8
		frame = { bytes = whole_frame().range, start = start, ending = tvb:offset() + tvb:len() }
	else
		frame = { bytes = tvb:range(), start = 0, ending = tvb:len() }
	end
	if frame.start < 0 or not is_ours(frame) then
		return 0
	end
	dissect(find_ends(frame), tree, pinfo)
	return tvb:len()
end

if FORMAT.table then
	local number = FORMAT.number
	if type(number) == "string" then
		number = (wtap_encaps or wtap)[number]
	end
	DissectorTable.get(FORMAT.table):add(number, proto)
else
	register_postdissector(proto)
end
