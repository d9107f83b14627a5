-- As much of Wireshark's interface for Lua as an exported dissector uses, for Lua 5.4, the
-- version in Wireshark 4.4 and later: lua5.4 wireshark_api.lua DISSECTOR BEGIN <FRAMES
--
-- A line of FRAMES is a frame in hexadecimal digits. What is dissected of it is printed as
-- lines "NAME VALUE", and "." ends each frame. BEGIN is the byte at which a dissector
-- begins that is found by a number.

-- Wireshark takes a float for a number only where it is a whole one.
local function whole(number)
	return math.tointeger(number) or error("number has no integer representation: " .. tostring(number), 3)
end

-- --- Numbers of 64 bits --------------------------------------------------------

local function unsigned(bits)
	if bits >= 0 then
		return string.format("%d", bits)
	end
	local tenth = (bits >> 1) // 5
	return string.format("%d%d", tenth, bits - tenth * 10)
end

local function class(text, less)
	local made = {}
	made.__index = made
	made.__eq = function(a, b) return a.bits == b.bits end
	made.__lt = function(a, b) return less(a.bits, b.bits) end
	made.__le = function(a, b) return not less(b.bits, a.bits) end
	made.__tostring = function(a) return text(a.bits) end
	function made.new(low, high)
		local bits
		if type(low) == "table" then
			bits = low.bits
		elseif type(low) == "string" then
			bits = 0
			for digit in low:gmatch("%d") do
				bits = bits * 10 + whole(tonumber(digit))
			end
			bits = low:sub(1, 1) == "-" and -bits or bits
		else
			bits = whole(low or 0) | whole(high or 0) << 32
		end
		return setmetatable({ bits = bits }, made)
	end
	local function of(bits) return setmetatable({ bits = bits }, made) end
	function made.fromhex(digits) return of(math.tointeger(tonumber(digits, 16))) end
	function made:lshift(by) return of(self.bits << whole(by)) end
	function made:rshift(by) return of(self.bits >> whole(by)) end
	function made:arshift(by) return of(self.bits // (1 << whole(by))) end
	function made:bor(other) return of(self.bits | other.bits) end
	function made:band(other) return of(self.bits & other.bits) end
	function made:bxor(other) return of(self.bits ~ other.bits) end
	function made:lower() return self.bits & 0xFFFFFFFF end
	function made:higher() return self.bits >> 32 end
	function made:tohex() return string.format("%016x", self.bits) end
	return setmetatable(made, { __call = function(_, ...) return made.new(...) end })
end

UInt64 = class(unsigned, math.ult)
Int64 = class(function(bits) return string.format("%d", bits) end, function(a, b) return a < b end)

-- --- Bytes ---------------------------------------------------------------------

local Range = {}
Range.__index = Range
Range.__call = function(self, first, length)
	first, length = whole(first), whole(length or #self.data - first)
	if first < 0 or length < 0 or first + length > #self.data then
		error(string.format("range %d, %d of %d bytes", first, length, #self.data), 2)
	end
	return setmetatable({ data = self.data:sub(first + 1, first + length) }, Range)
end

function Range:len() return #self.data end
function Range:raw() return self.data end
function Range:bytes() return self end
function Range:tohex()
	return (self.data:gsub(".", function(each) return string.format("%02x", each:byte()) end))
end
function Range:get_index(at) return self.data:byte(whole(at) + 1) end
function Range:uint() return math.tointeger(tonumber(self:tohex(), 16)) end
function Range:le_uint64()
	local bits = 0
	for i = #self.data, 1, -1 do
		bits = bits << 8 | self.data:byte(i)
	end
	return UInt64({ bits = bits })
end
function Range:bitfield(first, length)
	local bits = 0
	for i = whole(first), whole(first) + whole(length) - 1 do
		bits = bits << 1 | self.data:byte(i // 8 + 1) >> 7 - i % 8 & 1
	end
	return length <= 32 and bits or UInt64({ bits = bits })
end

-- --- Registration, and what is dissected -----------------------------------------

base = { DEC = 1, HEX = 2 }
expert = { group = { PROTOCOL = 1 }, severity = { ERROR = 1 } }
ProtoExpert = { new = function() return {} end }
ProtoField = setmetatable({}, {
	__index = function(_, kind)
		return function(abbreviation) return { kind = kind, abbreviation = abbreviation } end
	end,
})

local current, proto, registered
Field = { new = function() return function() return { range = current } end end }
Proto = function() proto = {} return proto end
DissectorTable = {
	get = function()
		return { add = function(_, number) registered = number end }
	end,
}
wtap_encaps = setmetatable({}, { __index = function(_, name) return name end })
register_postdissector = function() end

local Tree = {}
Tree.__index = Tree
function Tree:add(field, range, value)
	if type(field) == "table" and field.abbreviation then
		local shown = value
		if type(range) == "string" then
			shown = range
		elseif value == nil then
			shown = range:tohex()
		elseif type(value) == "number" then
			shown = string.format("%d", whole(value))
		end
		print(field.abbreviation .. " " .. tostring(shown))
	end
	return self
end
function Tree:add_proto_expert_info() return self end
function Tree:set_generated() return self end

dofile(arg[1])
for line in io.lines() do
	local data = line:gsub("%x%x", function(each) return string.char(tonumber(each, 16)) end)
	current = setmetatable({ data = data }, Range)
	local begin = registered and whole(tonumber(arg[2])) or 0
	local tvb = {
		range = function() return current end,
		offset = function() return begin end,
		len = function() return #data - begin end,
	}
	proto.dissector(tvb, { cols = {} }, setmetatable({}, Tree))
	print(".")
end
