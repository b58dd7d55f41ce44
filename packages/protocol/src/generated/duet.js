/*eslint-disable block-scoped-var, id-length, no-control-regex, no-magic-numbers, no-mixed-operators, no-prototype-builtins, no-redeclare, no-shadow, no-var, sort-vars, default-case, jsdoc/require-param*/
import $protobuf from "protobufjs/minimal.js";

const $Reader = $protobuf.Reader, $Writer = $protobuf.Writer, $util = $protobuf.util;
const $Object = $util.global.Object, $undefined = $util.global.undefined, $Error = $util.global.Error, $RangeError = $util.global.RangeError;

const $root = $protobuf.roots["default"] || ($protobuf.roots["default"] = {});

export const duet = $root.duet = (() => {

    const duet = {};

    duet.ScientistToOwner = (function() {

        const ScientistToOwner = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        ScientistToOwner.prototype.hello = null;
        ScientistToOwner.prototype.proof = null;
        ScientistToOwner.prototype.begin = null;
        ScientistToOwner.prototype.put = null;
        ScientistToOwner.prototype.action = null;
        ScientistToOwner.prototype.request = null;
        ScientistToOwner.prototype.get = null;
        ScientistToOwner.prototype.confirm = null;
        ScientistToOwner.prototype.withdraw = null;
        ScientistToOwner.prototype.drop = null;
        ScientistToOwner.prototype.define = null;
        ScientistToOwner.prototype.call = null;
        ScientistToOwner.prototype.train = null;
        ScientistToOwner.prototype.cancel = null;
        ScientistToOwner.prototype.collect = null;
        ScientistToOwner.prototype.forget = null;

        let $oneOfFields;

        $Object.defineProperty(ScientistToOwner.prototype, "body", {
            get: $util.oneOfGetter($oneOfFields = ["hello", "proof", "begin", "put", "action", "request", "get", "confirm", "withdraw", "drop", "define", "call", "train", "cancel", "collect", "forget"]),
            set: $util.oneOfSetter($oneOfFields)
        });

        ScientistToOwner.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.hello != null && $Object.hasOwnProperty.call(message, "hello"))
                $root.duet.Hello.encode(message.hello, writer.uint32(10).fork(), _depth + 1).ldelim();
            if (message.proof != null && $Object.hasOwnProperty.call(message, "proof"))
                $root.duet.Proof.encode(message.proof, writer.uint32(18).fork(), _depth + 1).ldelim();
            if (message.begin != null && $Object.hasOwnProperty.call(message, "begin"))
                $root.duet.Begin.encode(message.begin, writer.uint32(26).fork(), _depth + 1).ldelim();
            if (message.put != null && $Object.hasOwnProperty.call(message, "put"))
                $root.duet.Put.encode(message.put, writer.uint32(34).fork(), _depth + 1).ldelim();
            if (message.action != null && $Object.hasOwnProperty.call(message, "action"))
                $root.duet.Action.encode(message.action, writer.uint32(42).fork(), _depth + 1).ldelim();
            if (message.request != null && $Object.hasOwnProperty.call(message, "request"))
                $root.duet.Request.encode(message.request, writer.uint32(50).fork(), _depth + 1).ldelim();
            if (message.get != null && $Object.hasOwnProperty.call(message, "get"))
                $root.duet.Get.encode(message.get, writer.uint32(58).fork(), _depth + 1).ldelim();
            if (message.confirm != null && $Object.hasOwnProperty.call(message, "confirm"))
                $root.duet.Confirm.encode(message.confirm, writer.uint32(66).fork(), _depth + 1).ldelim();
            if (message.withdraw != null && $Object.hasOwnProperty.call(message, "withdraw"))
                $root.duet.Withdraw.encode(message.withdraw, writer.uint32(74).fork(), _depth + 1).ldelim();
            if (message.drop != null && $Object.hasOwnProperty.call(message, "drop"))
                $root.duet.Drop.encode(message.drop, writer.uint32(82).fork(), _depth + 1).ldelim();
            if (message.define != null && $Object.hasOwnProperty.call(message, "define"))
                $root.duet.Define.encode(message.define, writer.uint32(90).fork(), _depth + 1).ldelim();
            if (message.call != null && $Object.hasOwnProperty.call(message, "call"))
                $root.duet.Call.encode(message.call, writer.uint32(98).fork(), _depth + 1).ldelim();
            if (message.train != null && $Object.hasOwnProperty.call(message, "train"))
                $root.duet.Train.encode(message.train, writer.uint32(106).fork(), _depth + 1).ldelim();
            if (message.cancel != null && $Object.hasOwnProperty.call(message, "cancel"))
                $root.duet.Cancel.encode(message.cancel, writer.uint32(114).fork(), _depth + 1).ldelim();
            if (message.collect != null && $Object.hasOwnProperty.call(message, "collect"))
                $root.duet.Collect.encode(message.collect, writer.uint32(122).fork(), _depth + 1).ldelim();
            if (message.forget != null && $Object.hasOwnProperty.call(message, "forget"))
                $root.duet.Forget.encode(message.forget, writer.uint32(130).fork(), _depth + 1).ldelim();
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        ScientistToOwner.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.ScientistToOwner();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        message.hello = $root.duet.Hello.decode(reader, reader.size(), $undefined, _depth + 1, message.hello);
                        message.body = "hello";
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        message.proof = $root.duet.Proof.decode(reader, reader.size(), $undefined, _depth + 1, message.proof);
                        message.body = "proof";
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        message.begin = $root.duet.Begin.decode(reader, reader.size(), $undefined, _depth + 1, message.begin);
                        message.body = "begin";
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        message.put = $root.duet.Put.decode(reader, reader.size(), $undefined, _depth + 1, message.put);
                        message.body = "put";
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        message.action = $root.duet.Action.decode(reader, reader.size(), $undefined, _depth + 1, message.action);
                        message.body = "action";
                        continue;
                    }
                case 6: {
                        if (wireType !== 2)
                            break;
                        message.request = $root.duet.Request.decode(reader, reader.size(), $undefined, _depth + 1, message.request);
                        message.body = "request";
                        continue;
                    }
                case 7: {
                        if (wireType !== 2)
                            break;
                        message.get = $root.duet.Get.decode(reader, reader.size(), $undefined, _depth + 1, message.get);
                        message.body = "get";
                        continue;
                    }
                case 8: {
                        if (wireType !== 2)
                            break;
                        message.confirm = $root.duet.Confirm.decode(reader, reader.size(), $undefined, _depth + 1, message.confirm);
                        message.body = "confirm";
                        continue;
                    }
                case 9: {
                        if (wireType !== 2)
                            break;
                        message.withdraw = $root.duet.Withdraw.decode(reader, reader.size(), $undefined, _depth + 1, message.withdraw);
                        message.body = "withdraw";
                        continue;
                    }
                case 10: {
                        if (wireType !== 2)
                            break;
                        message.drop = $root.duet.Drop.decode(reader, reader.size(), $undefined, _depth + 1, message.drop);
                        message.body = "drop";
                        continue;
                    }
                case 11: {
                        if (wireType !== 2)
                            break;
                        message.define = $root.duet.Define.decode(reader, reader.size(), $undefined, _depth + 1, message.define);
                        message.body = "define";
                        continue;
                    }
                case 12: {
                        if (wireType !== 2)
                            break;
                        message.call = $root.duet.Call.decode(reader, reader.size(), $undefined, _depth + 1, message.call);
                        message.body = "call";
                        continue;
                    }
                case 13: {
                        if (wireType !== 2)
                            break;
                        message.train = $root.duet.Train.decode(reader, reader.size(), $undefined, _depth + 1, message.train);
                        message.body = "train";
                        continue;
                    }
                case 14: {
                        if (wireType !== 2)
                            break;
                        message.cancel = $root.duet.Cancel.decode(reader, reader.size(), $undefined, _depth + 1, message.cancel);
                        message.body = "cancel";
                        continue;
                    }
                case 15: {
                        if (wireType !== 2)
                            break;
                        message.collect = $root.duet.Collect.decode(reader, reader.size(), $undefined, _depth + 1, message.collect);
                        message.body = "collect";
                        continue;
                    }
                case 16: {
                        if (wireType !== 2)
                            break;
                        message.forget = $root.duet.Forget.decode(reader, reader.size(), $undefined, _depth + 1, message.forget);
                        message.body = "forget";
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return ScientistToOwner;
    })();

    duet.OwnerToScientist = (function() {

        const OwnerToScientist = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        OwnerToScientist.prototype.hello = null;
        OwnerToScientist.prototype.proof = null;
        OwnerToScientist.prototype.admitted = null;
        OwnerToScientist.prototype.refused = null;
        OwnerToScientist.prototype.welcome = null;
        OwnerToScientist.prototype.catalogue = null;
        OwnerToScientist.prototype.gone = null;
        OwnerToScientist.prototype.decision = null;
        OwnerToScientist.prototype.value = null;
        OwnerToScientist.prototype.failed = null;
        OwnerToScientist.prototype.fault = null;
        OwnerToScientist.prototype.progress = null;
        OwnerToScientist.prototype.kept = null;
        OwnerToScientist.prototype.mine = null;

        let $oneOfFields;

        $Object.defineProperty(OwnerToScientist.prototype, "body", {
            get: $util.oneOfGetter($oneOfFields = ["hello", "proof", "admitted", "refused", "welcome", "catalogue", "gone", "decision", "value", "failed", "fault", "progress", "kept", "mine"]),
            set: $util.oneOfSetter($oneOfFields)
        });

        OwnerToScientist.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.hello != null && $Object.hasOwnProperty.call(message, "hello"))
                $root.duet.Hello.encode(message.hello, writer.uint32(266).fork(), _depth + 1).ldelim();
            if (message.proof != null && $Object.hasOwnProperty.call(message, "proof"))
                $root.duet.Proof.encode(message.proof, writer.uint32(274).fork(), _depth + 1).ldelim();
            if (message.admitted != null && $Object.hasOwnProperty.call(message, "admitted"))
                $root.duet.Admitted.encode(message.admitted, writer.uint32(282).fork(), _depth + 1).ldelim();
            if (message.refused != null && $Object.hasOwnProperty.call(message, "refused"))
                $root.duet.Refused.encode(message.refused, writer.uint32(290).fork(), _depth + 1).ldelim();
            if (message.welcome != null && $Object.hasOwnProperty.call(message, "welcome"))
                $root.duet.Welcome.encode(message.welcome, writer.uint32(298).fork(), _depth + 1).ldelim();
            if (message.catalogue != null && $Object.hasOwnProperty.call(message, "catalogue"))
                $root.duet.Catalogue.encode(message.catalogue, writer.uint32(306).fork(), _depth + 1).ldelim();
            if (message.gone != null && $Object.hasOwnProperty.call(message, "gone"))
                $root.duet.Gone.encode(message.gone, writer.uint32(314).fork(), _depth + 1).ldelim();
            if (message.decision != null && $Object.hasOwnProperty.call(message, "decision"))
                $root.duet.Decision.encode(message.decision, writer.uint32(322).fork(), _depth + 1).ldelim();
            if (message.value != null && $Object.hasOwnProperty.call(message, "value"))
                $root.duet.Value.encode(message.value, writer.uint32(330).fork(), _depth + 1).ldelim();
            if (message.failed != null && $Object.hasOwnProperty.call(message, "failed"))
                $root.duet.Failed.encode(message.failed, writer.uint32(338).fork(), _depth + 1).ldelim();
            if (message.fault != null && $Object.hasOwnProperty.call(message, "fault"))
                $root.duet.Fault.encode(message.fault, writer.uint32(346).fork(), _depth + 1).ldelim();
            if (message.progress != null && $Object.hasOwnProperty.call(message, "progress"))
                $root.duet.Progress.encode(message.progress, writer.uint32(354).fork(), _depth + 1).ldelim();
            if (message.kept != null && $Object.hasOwnProperty.call(message, "kept"))
                $root.duet.Kept.encode(message.kept, writer.uint32(362).fork(), _depth + 1).ldelim();
            if (message.mine != null && $Object.hasOwnProperty.call(message, "mine"))
                $root.duet.Mine.encode(message.mine, writer.uint32(370).fork(), _depth + 1).ldelim();
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        OwnerToScientist.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.OwnerToScientist();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 33: {
                        if (wireType !== 2)
                            break;
                        message.hello = $root.duet.Hello.decode(reader, reader.size(), $undefined, _depth + 1, message.hello);
                        message.body = "hello";
                        continue;
                    }
                case 34: {
                        if (wireType !== 2)
                            break;
                        message.proof = $root.duet.Proof.decode(reader, reader.size(), $undefined, _depth + 1, message.proof);
                        message.body = "proof";
                        continue;
                    }
                case 35: {
                        if (wireType !== 2)
                            break;
                        message.admitted = $root.duet.Admitted.decode(reader, reader.size(), $undefined, _depth + 1, message.admitted);
                        message.body = "admitted";
                        continue;
                    }
                case 36: {
                        if (wireType !== 2)
                            break;
                        message.refused = $root.duet.Refused.decode(reader, reader.size(), $undefined, _depth + 1, message.refused);
                        message.body = "refused";
                        continue;
                    }
                case 37: {
                        if (wireType !== 2)
                            break;
                        message.welcome = $root.duet.Welcome.decode(reader, reader.size(), $undefined, _depth + 1, message.welcome);
                        message.body = "welcome";
                        continue;
                    }
                case 38: {
                        if (wireType !== 2)
                            break;
                        message.catalogue = $root.duet.Catalogue.decode(reader, reader.size(), $undefined, _depth + 1, message.catalogue);
                        message.body = "catalogue";
                        continue;
                    }
                case 39: {
                        if (wireType !== 2)
                            break;
                        message.gone = $root.duet.Gone.decode(reader, reader.size(), $undefined, _depth + 1, message.gone);
                        message.body = "gone";
                        continue;
                    }
                case 40: {
                        if (wireType !== 2)
                            break;
                        message.decision = $root.duet.Decision.decode(reader, reader.size(), $undefined, _depth + 1, message.decision);
                        message.body = "decision";
                        continue;
                    }
                case 41: {
                        if (wireType !== 2)
                            break;
                        message.value = $root.duet.Value.decode(reader, reader.size(), $undefined, _depth + 1, message.value);
                        message.body = "value";
                        continue;
                    }
                case 42: {
                        if (wireType !== 2)
                            break;
                        message.failed = $root.duet.Failed.decode(reader, reader.size(), $undefined, _depth + 1, message.failed);
                        message.body = "failed";
                        continue;
                    }
                case 43: {
                        if (wireType !== 2)
                            break;
                        message.fault = $root.duet.Fault.decode(reader, reader.size(), $undefined, _depth + 1, message.fault);
                        message.body = "fault";
                        continue;
                    }
                case 44: {
                        if (wireType !== 2)
                            break;
                        message.progress = $root.duet.Progress.decode(reader, reader.size(), $undefined, _depth + 1, message.progress);
                        message.body = "progress";
                        continue;
                    }
                case 45: {
                        if (wireType !== 2)
                            break;
                        message.kept = $root.duet.Kept.decode(reader, reader.size(), $undefined, _depth + 1, message.kept);
                        message.body = "kept";
                        continue;
                    }
                case 46: {
                        if (wireType !== 2)
                            break;
                        message.mine = $root.duet.Mine.decode(reader, reader.size(), $undefined, _depth + 1, message.mine);
                        message.body = "mine";
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return OwnerToScientist;
    })();

    duet.Hello = (function() {

        const Hello = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        Hello.prototype.version = 0;
        Hello.prototype.software = "";
        Hello.prototype.identity = $util.newBuffer([]);
        Hello.prototype.nonce = $util.newBuffer([]);
        Hello.prototype.name = "";

        Hello.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.version != null && $Object.hasOwnProperty.call(message, "version") && message.version !== 0)
                writer.uint32(8).uint32(message.version);
            if (message.software != null && $Object.hasOwnProperty.call(message, "software") && message.software !== "")
                writer.uint32(18).string(message.software);
            if (message.identity != null && $Object.hasOwnProperty.call(message, "identity") && message.identity.length)
                writer.uint32(26).bytes(message.identity);
            if (message.nonce != null && $Object.hasOwnProperty.call(message, "nonce") && message.nonce.length)
                writer.uint32(34).bytes(message.nonce);
            if (message.name != null && $Object.hasOwnProperty.call(message, "name") && message.name !== "")
                writer.uint32(42).string(message.name);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        Hello.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.Hello();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.version = value;
                        else
                            delete message.version;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.software = value;
                        else
                            delete message.software;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.identity = value;
                        else
                            delete message.identity;
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.nonce = value;
                        else
                            delete message.nonce;
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.name = value;
                        else
                            delete message.name;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Hello;
    })();

    duet.Proof = (function() {

        const Proof = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        Proof.prototype.signature = $util.newBuffer([]);

        Proof.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.signature != null && $Object.hasOwnProperty.call(message, "signature") && message.signature.length)
                writer.uint32(10).bytes(message.signature);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        Proof.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.Proof();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.signature = value;
                        else
                            delete message.signature;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Proof;
    })();

    duet.Admitted = (function() {

        const Admitted = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        Admitted.prototype.name = "";

        Admitted.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.name != null && $Object.hasOwnProperty.call(message, "name") && message.name !== "")
                writer.uint32(10).string(message.name);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        Admitted.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.Admitted();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.name = value;
                        else
                            delete message.name;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Admitted;
    })();

    duet.Refused = (function() {

        const Refused = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        Refused.prototype.code = 0;

        Refused.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.code != null && $Object.hasOwnProperty.call(message, "code") && message.code !== 0)
                writer.uint32(8).uint32(message.code);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        Refused.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.Refused();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.code = value;
                        else
                            delete message.code;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Refused;
    })();

    duet.Begin = (function() {

        const Begin = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        Begin.prototype.epoch = 0;
        Begin.prototype.keep = false;

        Begin.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.epoch != null && $Object.hasOwnProperty.call(message, "epoch") && message.epoch !== 0)
                writer.uint32(8).uint32(message.epoch);
            if (message.keep != null && $Object.hasOwnProperty.call(message, "keep") && message.keep !== false)
                writer.uint32(16).bool(message.keep);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        Begin.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.Begin();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.epoch = value;
                        else
                            delete message.epoch;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.bool())
                            message.keep = value;
                        else
                            delete message.keep;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Begin;
    })();

    duet.Welcome = (function() {

        const Welcome = function (properties) {
            this.lacking = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        Welcome.prototype.epoch = 0;
        Welcome.prototype.nextId = 0;
        Welcome.prototype.catalogues = 0;
        Welcome.prototype.opCost = 0;
        Welcome.prototype.planCost = 0;
        Welcome.prototype.runCost = 0;
        Welcome.prototype.backend = "";
        Welcome.prototype.lacking = $util.emptyArray;
        Welcome.prototype.keepMs = 0;
        Welcome.prototype.mine = 0;

        Welcome.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.epoch != null && $Object.hasOwnProperty.call(message, "epoch") && message.epoch !== 0)
                writer.uint32(8).uint32(message.epoch);
            if (message.nextId != null && $Object.hasOwnProperty.call(message, "nextId") && message.nextId !== 0)
                writer.uint32(16).uint32(message.nextId);
            if (message.catalogues != null && $Object.hasOwnProperty.call(message, "catalogues") && message.catalogues !== 0)
                writer.uint32(24).uint32(message.catalogues);
            if (message.opCost != null && $Object.hasOwnProperty.call(message, "opCost") && !$Object.is(message.opCost, 0))
                writer.uint32(33).double(message.opCost);
            if (message.planCost != null && $Object.hasOwnProperty.call(message, "planCost") && !$Object.is(message.planCost, 0))
                writer.uint32(41).double(message.planCost);
            if (message.runCost != null && $Object.hasOwnProperty.call(message, "runCost") && !$Object.is(message.runCost, 0))
                writer.uint32(49).double(message.runCost);
            if (message.backend != null && $Object.hasOwnProperty.call(message, "backend") && message.backend !== "")
                writer.uint32(58).string(message.backend);
            if (message.lacking != null && message.lacking.length)
                for (let i = 0; i < message.lacking.length; ++i)
                    writer.uint32(66).string(message.lacking[i]);
            if (message.keepMs != null && $Object.hasOwnProperty.call(message, "keepMs") && message.keepMs !== 0)
                writer.uint32(72).uint32(message.keepMs);
            if (message.mine != null && $Object.hasOwnProperty.call(message, "mine") && message.mine !== 0)
                writer.uint32(80).uint32(message.mine);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        Welcome.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.Welcome();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.epoch = value;
                        else
                            delete message.epoch;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.nextId = value;
                        else
                            delete message.nextId;
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.catalogues = value;
                        else
                            delete message.catalogues;
                        continue;
                    }
                case 4: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.opCost = value;
                        else
                            delete message.opCost;
                        continue;
                    }
                case 5: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.planCost = value;
                        else
                            delete message.planCost;
                        continue;
                    }
                case 6: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.runCost = value;
                        else
                            delete message.runCost;
                        continue;
                    }
                case 7: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.backend = value;
                        else
                            delete message.backend;
                        continue;
                    }
                case 8: {
                        if (wireType !== 2)
                            break;
                        if (!(message.lacking && message.lacking.length))
                            message.lacking = [];
                        message.lacking.push(reader.stringVerify());
                        continue;
                    }
                case 9: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.keepMs = value;
                        else
                            delete message.keepMs;
                        continue;
                    }
                case 10: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.mine = value;
                        else
                            delete message.mine;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Welcome;
    })();

    duet.DType = (function() {
        const valuesById = $Object.create(null), values = $Object.create(valuesById);
        values[valuesById[0] = "DTYPE_UNSPECIFIED"] = 0;
        values[valuesById[1] = "FLOAT32"] = 1;
        values[valuesById[2] = "INT32"] = 2;
        values[valuesById[3] = "BOOL"] = 3;
        values[valuesById[4] = "STRING"] = 4;
        values[valuesById[5] = "COMPLEX64"] = 5;
        return values;
    })();

    duet.TensorHeader = (function() {

        const TensorHeader = function (properties) {
            this.shape = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        TensorHeader.prototype.dtype = 0;
        TensorHeader.prototype.shape = $util.emptyArray;
        TensorHeader.prototype.elementBytes = 0;

        TensorHeader.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.dtype != null && $Object.hasOwnProperty.call(message, "dtype") && message.dtype !== 0)
                writer.uint32(8).int32(message.dtype);
            if (message.shape != null && message.shape.length)
                writer.uint32(18).uint32s(message.shape);
            if (message.elementBytes != null && $Object.hasOwnProperty.call(message, "elementBytes") && message.elementBytes !== 0)
                writer.uint32(24).uint32(message.elementBytes);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        TensorHeader.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.TensorHeader();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.int32())
                            message.dtype = value;
                        else
                            delete message.dtype;
                        continue;
                    }
                case 2: {
                        if (wireType === 2) {
                            if (!(message.shape && message.shape.length))
                                message.shape = [];
                            reader.uint32s(message.shape);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.shape && message.shape.length))
                            message.shape = [];
                        message.shape.push(reader.uint32());
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.elementBytes = value;
                        else
                            delete message.elementBytes;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return TensorHeader;
    })();

    duet.Ref = (function() {

        const Ref = function (properties) {
            this.path = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        Ref.prototype.own = null;
        Ref.prototype.published = null;
        Ref.prototype.path = $util.emptyArray;

        let $oneOfFields;

        $Object.defineProperty(Ref.prototype, "space", {
            get: $util.oneOfGetter($oneOfFields = ["own", "published"]),
            set: $util.oneOfSetter($oneOfFields)
        });

        Ref.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.own != null && $Object.hasOwnProperty.call(message, "own"))
                writer.uint32(8).uint32(message.own);
            if (message.published != null && $Object.hasOwnProperty.call(message, "published"))
                writer.uint32(16).uint32(message.published);
            if (message.path != null && message.path.length)
                writer.uint32(26).uint32s(message.path);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        Ref.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.Ref();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        message.own = reader.uint32();
                        message.space = "own";
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        message.published = reader.uint32();
                        message.space = "published";
                        continue;
                    }
                case 3: {
                        if (wireType === 2) {
                            if (!(message.path && message.path.length))
                                message.path = [];
                            reader.uint32s(message.path);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.path && message.path.length))
                            message.path = [];
                        message.path.push(reader.uint32());
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Ref;
    })();

    duet.Operand = (function() {

        const Operand = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        Operand.prototype.ref = null;
        Operand.prototype.literal = null;
        Operand.prototype.own = null;
        Operand.prototype.published = null;

        let $oneOfFields;

        $Object.defineProperty(Operand.prototype, "kind", {
            get: $util.oneOfGetter($oneOfFields = ["ref", "literal", "own", "published"]),
            set: $util.oneOfSetter($oneOfFields)
        });

        Operand.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.ref != null && $Object.hasOwnProperty.call(message, "ref"))
                $root.duet.Ref.encode(message.ref, writer.uint32(10).fork(), _depth + 1).ldelim();
            if (message.literal != null && $Object.hasOwnProperty.call(message, "literal"))
                $root.duet.Literal.encode(message.literal, writer.uint32(18).fork(), _depth + 1).ldelim();
            if (message.own != null && $Object.hasOwnProperty.call(message, "own"))
                writer.uint32(24).uint32(message.own);
            if (message.published != null && $Object.hasOwnProperty.call(message, "published"))
                writer.uint32(32).uint32(message.published);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        Operand.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.Operand();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        message.ref = $root.duet.Ref.decode(reader, reader.size(), $undefined, _depth + 1, message.ref);
                        message.kind = "ref";
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        message.literal = $root.duet.Literal.decode(reader, reader.size(), $undefined, _depth + 1, message.literal);
                        message.kind = "literal";
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        message.own = reader.uint32();
                        message.kind = "own";
                        continue;
                    }
                case 4: {
                        if (wireType !== 0)
                            break;
                        message.published = reader.uint32();
                        message.kind = "published";
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Operand;
    })();

    duet.Literal = (function() {

        const Literal = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        Literal.prototype.header = null;
        Literal.prototype.data = $util.newBuffer([]);

        Literal.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.header != null && $Object.hasOwnProperty.call(message, "header"))
                $root.duet.TensorHeader.encode(message.header, writer.uint32(10).fork(), _depth + 1).ldelim();
            if (message.data != null && $Object.hasOwnProperty.call(message, "data") && message.data.length)
                writer.uint32(18).bytes(message.data);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        Literal.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.Literal();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        message.header = $root.duet.TensorHeader.decode(reader, reader.size(), $undefined, _depth + 1, message.header);
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.data = value;
                        else
                            delete message.data;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Literal;
    })();

    duet.Operands = (function() {

        const Operands = function (properties) {
            this.items = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        Operands.prototype.items = $util.emptyArray;

        Operands.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.items != null && message.items.length)
                for (let i = 0; i < message.items.length; ++i)
                    $root.duet.Operand.encode(message.items[i], writer.uint32(10).fork(), _depth + 1).ldelim();
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        Operands.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.Operands();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if (!(message.items && message.items.length))
                            message.items = [];
                        message.items.push($root.duet.Operand.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Operands;
    })();

    duet.Numbers = (function() {

        const Numbers = function (properties) {
            this.items = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        Numbers.prototype.items = $util.emptyArray;

        Numbers.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.items != null && message.items.length)
                writer.uint32(10).doubles(message.items);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        Numbers.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.Numbers();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType === 2) {
                            if (!(message.items && message.items.length))
                                message.items = [];
                            reader.doubles(message.items);
                            continue;
                        }
                        if (wireType !== 1)
                            break;
                        if (!(message.items && message.items.length))
                            message.items = [];
                        message.items.push(reader.double());
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Numbers;
    })();

    duet.Arg = (function() {

        const Arg = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        Arg.prototype.absent = null;
        Arg.prototype.ref = null;
        Arg.prototype.literal = null;
        Arg.prototype.tensors = null;
        Arg.prototype.number = null;
        Arg.prototype.flag = null;
        Arg.prototype.text = null;
        Arg.prototype.numbers = null;
        Arg.prototype.own = null;
        Arg.prototype.published = null;

        let $oneOfFields;

        $Object.defineProperty(Arg.prototype, "kind", {
            get: $util.oneOfGetter($oneOfFields = ["absent", "ref", "literal", "tensors", "number", "flag", "text", "numbers", "own", "published"]),
            set: $util.oneOfSetter($oneOfFields)
        });

        Arg.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.absent != null && $Object.hasOwnProperty.call(message, "absent"))
                $root.duet.Absent.encode(message.absent, writer.uint32(10).fork(), _depth + 1).ldelim();
            if (message.ref != null && $Object.hasOwnProperty.call(message, "ref"))
                $root.duet.Ref.encode(message.ref, writer.uint32(18).fork(), _depth + 1).ldelim();
            if (message.literal != null && $Object.hasOwnProperty.call(message, "literal"))
                $root.duet.Literal.encode(message.literal, writer.uint32(26).fork(), _depth + 1).ldelim();
            if (message.tensors != null && $Object.hasOwnProperty.call(message, "tensors"))
                $root.duet.Operands.encode(message.tensors, writer.uint32(34).fork(), _depth + 1).ldelim();
            if (message.number != null && $Object.hasOwnProperty.call(message, "number"))
                writer.uint32(41).double(message.number);
            if (message.flag != null && $Object.hasOwnProperty.call(message, "flag"))
                writer.uint32(48).bool(message.flag);
            if (message.text != null && $Object.hasOwnProperty.call(message, "text"))
                writer.uint32(58).string(message.text);
            if (message.numbers != null && $Object.hasOwnProperty.call(message, "numbers"))
                $root.duet.Numbers.encode(message.numbers, writer.uint32(66).fork(), _depth + 1).ldelim();
            if (message.own != null && $Object.hasOwnProperty.call(message, "own"))
                writer.uint32(72).uint32(message.own);
            if (message.published != null && $Object.hasOwnProperty.call(message, "published"))
                writer.uint32(80).uint32(message.published);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        Arg.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.Arg();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        message.absent = $root.duet.Absent.decode(reader, reader.size(), $undefined, _depth + 1, message.absent);
                        message.kind = "absent";
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        message.ref = $root.duet.Ref.decode(reader, reader.size(), $undefined, _depth + 1, message.ref);
                        message.kind = "ref";
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        message.literal = $root.duet.Literal.decode(reader, reader.size(), $undefined, _depth + 1, message.literal);
                        message.kind = "literal";
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        message.tensors = $root.duet.Operands.decode(reader, reader.size(), $undefined, _depth + 1, message.tensors);
                        message.kind = "tensors";
                        continue;
                    }
                case 5: {
                        if (wireType !== 1)
                            break;
                        message.number = reader.double();
                        message.kind = "number";
                        continue;
                    }
                case 6: {
                        if (wireType !== 0)
                            break;
                        message.flag = reader.bool();
                        message.kind = "flag";
                        continue;
                    }
                case 7: {
                        if (wireType !== 2)
                            break;
                        message.text = reader.stringVerify();
                        message.kind = "text";
                        continue;
                    }
                case 8: {
                        if (wireType !== 2)
                            break;
                        message.numbers = $root.duet.Numbers.decode(reader, reader.size(), $undefined, _depth + 1, message.numbers);
                        message.kind = "numbers";
                        continue;
                    }
                case 9: {
                        if (wireType !== 0)
                            break;
                        message.own = reader.uint32();
                        message.kind = "own";
                        continue;
                    }
                case 10: {
                        if (wireType !== 0)
                            break;
                        message.published = reader.uint32();
                        message.kind = "published";
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Arg;
    })();

    duet.Absent = (function() {

        const Absent = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        Absent.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        Absent.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.Absent();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                reader.skipType(tag & 7, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Absent;
    })();

    duet.Put = (function() {

        const Put = function (properties) {
            this.tags = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        Put.prototype.id = 0;
        Put.prototype.header = null;
        Put.prototype.tags = $util.emptyArray;
        Put.prototype.description = "";
        Put.prototype.digest = $util.newBuffer([]);

        Put.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.id != null && $Object.hasOwnProperty.call(message, "id") && message.id !== 0)
                writer.uint32(8).uint32(message.id);
            if (message.header != null && $Object.hasOwnProperty.call(message, "header"))
                $root.duet.TensorHeader.encode(message.header, writer.uint32(18).fork(), _depth + 1).ldelim();
            if (message.tags != null && message.tags.length)
                for (let i = 0; i < message.tags.length; ++i)
                    writer.uint32(26).string(message.tags[i]);
            if (message.description != null && $Object.hasOwnProperty.call(message, "description") && message.description !== "")
                writer.uint32(34).string(message.description);
            if (message.digest != null && $Object.hasOwnProperty.call(message, "digest") && message.digest.length)
                writer.uint32(42).bytes(message.digest);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        Put.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.Put();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.id = value;
                        else
                            delete message.id;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        message.header = $root.duet.TensorHeader.decode(reader, reader.size(), $undefined, _depth + 1, message.header);
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if (!(message.tags && message.tags.length))
                            message.tags = [];
                        message.tags.push(reader.stringVerify());
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.description = value;
                        else
                            delete message.description;
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.digest = value;
                        else
                            delete message.digest;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Put;
    })();

    duet.Action = (function() {

        const Action = function (properties) {
            this.args = [];
            this.own = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        Action.prototype.id = 0;
        Action.prototype.op = "";
        Action.prototype.args = $util.emptyArray;
        Action.prototype.number = 0;
        Action.prototype.own = $util.emptyArray;

        Action.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.id != null && $Object.hasOwnProperty.call(message, "id") && message.id !== 0)
                writer.uint32(8).uint32(message.id);
            if (message.op != null && $Object.hasOwnProperty.call(message, "op") && message.op !== "")
                writer.uint32(18).string(message.op);
            if (message.args != null && message.args.length)
                for (let i = 0; i < message.args.length; ++i)
                    $root.duet.Arg.encode(message.args[i], writer.uint32(26).fork(), _depth + 1).ldelim();
            if (message.number != null && $Object.hasOwnProperty.call(message, "number") && message.number !== 0)
                writer.uint32(32).uint32(message.number);
            if (message.own != null && message.own.length)
                writer.uint32(42).uint32s(message.own);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        Action.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.Action();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.id = value;
                        else
                            delete message.id;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.op = value;
                        else
                            delete message.op;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if (!(message.args && message.args.length))
                            message.args = [];
                        message.args.push($root.duet.Arg.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 4: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.number = value;
                        else
                            delete message.number;
                        continue;
                    }
                case 5: {
                        if (wireType === 2) {
                            if (!(message.own && message.own.length))
                                message.own = [];
                            reader.uint32s(message.own);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.own && message.own.length))
                            message.own = [];
                        message.own.push(reader.uint32());
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Action;
    })();

    duet.Plan = (function() {

        const Plan = function (properties) {
            this.inputs = [];
            this.constants = [];
            this.plans = [];
            this.nodes = [];
            this.outputs = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        Plan.prototype.name = "";
        Plan.prototype.inputs = $util.emptyArray;
        Plan.prototype.constants = $util.emptyArray;
        Plan.prototype.plans = $util.emptyArray;
        Plan.prototype.nodes = $util.emptyArray;
        Plan.prototype.outputs = $util.emptyArray;

        Plan.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.name != null && $Object.hasOwnProperty.call(message, "name") && message.name !== "")
                writer.uint32(10).string(message.name);
            if (message.inputs != null && message.inputs.length)
                for (let i = 0; i < message.inputs.length; ++i)
                    $root.duet.TensorHeader.encode(message.inputs[i], writer.uint32(18).fork(), _depth + 1).ldelim();
            if (message.constants != null && message.constants.length)
                for (let i = 0; i < message.constants.length; ++i)
                    $root.duet.Literal.encode(message.constants[i], writer.uint32(26).fork(), _depth + 1).ldelim();
            if (message.plans != null && message.plans.length)
                for (let i = 0; i < message.plans.length; ++i)
                    $root.duet.Plan.encode(message.plans[i], writer.uint32(34).fork(), _depth + 1).ldelim();
            if (message.nodes != null && message.nodes.length)
                for (let i = 0; i < message.nodes.length; ++i)
                    $root.duet.Node.encode(message.nodes[i], writer.uint32(42).fork(), _depth + 1).ldelim();
            if (message.outputs != null && message.outputs.length)
                writer.uint32(50).uint32s(message.outputs);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        Plan.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.Plan();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.name = value;
                        else
                            delete message.name;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if (!(message.inputs && message.inputs.length))
                            message.inputs = [];
                        message.inputs.push($root.duet.TensorHeader.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if (!(message.constants && message.constants.length))
                            message.constants = [];
                        message.constants.push($root.duet.Literal.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        if (!(message.plans && message.plans.length))
                            message.plans = [];
                        message.plans.push($root.duet.Plan.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        if (!(message.nodes && message.nodes.length))
                            message.nodes = [];
                        message.nodes.push($root.duet.Node.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 6: {
                        if (wireType === 2) {
                            if (!(message.outputs && message.outputs.length))
                                message.outputs = [];
                            reader.uint32s(message.outputs);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.outputs && message.outputs.length))
                            message.outputs = [];
                        message.outputs.push(reader.uint32());
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Plan;
    })();

    duet.Node = (function() {

        const Node = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        Node.prototype.op = null;
        Node.prototype.call = null;
        Node.prototype.loop = null;
        Node.prototype.grads = null;

        let $oneOfFields;

        $Object.defineProperty(Node.prototype, "kind", {
            get: $util.oneOfGetter($oneOfFields = ["op", "call", "loop", "grads"]),
            set: $util.oneOfSetter($oneOfFields)
        });

        Node.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.op != null && $Object.hasOwnProperty.call(message, "op"))
                $root.duet.OpNode.encode(message.op, writer.uint32(10).fork(), _depth + 1).ldelim();
            if (message.call != null && $Object.hasOwnProperty.call(message, "call"))
                $root.duet.CallNode.encode(message.call, writer.uint32(18).fork(), _depth + 1).ldelim();
            if (message.loop != null && $Object.hasOwnProperty.call(message, "loop"))
                $root.duet.LoopNode.encode(message.loop, writer.uint32(26).fork(), _depth + 1).ldelim();
            if (message.grads != null && $Object.hasOwnProperty.call(message, "grads"))
                $root.duet.GradsNode.encode(message.grads, writer.uint32(34).fork(), _depth + 1).ldelim();
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        Node.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.Node();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        message.op = $root.duet.OpNode.decode(reader, reader.size(), $undefined, _depth + 1, message.op);
                        message.kind = "op";
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        message.call = $root.duet.CallNode.decode(reader, reader.size(), $undefined, _depth + 1, message.call);
                        message.kind = "call";
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        message.loop = $root.duet.LoopNode.decode(reader, reader.size(), $undefined, _depth + 1, message.loop);
                        message.kind = "loop";
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        message.grads = $root.duet.GradsNode.decode(reader, reader.size(), $undefined, _depth + 1, message.grads);
                        message.kind = "grads";
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Node;
    })();

    duet.OpNode = (function() {

        const OpNode = function (properties) {
            this.args = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        OpNode.prototype.op = "";
        OpNode.prototype.args = $util.emptyArray;
        OpNode.prototype.outputs = 0;
        OpNode.prototype.salted = false;

        OpNode.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.op != null && $Object.hasOwnProperty.call(message, "op") && message.op !== "")
                writer.uint32(10).string(message.op);
            if (message.args != null && message.args.length)
                for (let i = 0; i < message.args.length; ++i)
                    $root.duet.PlanArg.encode(message.args[i], writer.uint32(18).fork(), _depth + 1).ldelim();
            if (message.outputs != null && $Object.hasOwnProperty.call(message, "outputs") && message.outputs !== 0)
                writer.uint32(24).uint32(message.outputs);
            if (message.salted != null && $Object.hasOwnProperty.call(message, "salted") && message.salted !== false)
                writer.uint32(32).bool(message.salted);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        OpNode.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.OpNode();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.op = value;
                        else
                            delete message.op;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if (!(message.args && message.args.length))
                            message.args = [];
                        message.args.push($root.duet.PlanArg.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.outputs = value;
                        else
                            delete message.outputs;
                        continue;
                    }
                case 4: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.bool())
                            message.salted = value;
                        else
                            delete message.salted;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return OpNode;
    })();

    duet.PlanArg = (function() {

        const PlanArg = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        PlanArg.prototype.absent = null;
        PlanArg.prototype.value = null;
        PlanArg.prototype.values = null;
        PlanArg.prototype.number = null;
        PlanArg.prototype.flag = null;
        PlanArg.prototype.text = null;
        PlanArg.prototype.numbers = null;

        let $oneOfFields;

        $Object.defineProperty(PlanArg.prototype, "kind", {
            get: $util.oneOfGetter($oneOfFields = ["absent", "value", "values", "number", "flag", "text", "numbers"]),
            set: $util.oneOfSetter($oneOfFields)
        });

        PlanArg.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.absent != null && $Object.hasOwnProperty.call(message, "absent"))
                $root.duet.Absent.encode(message.absent, writer.uint32(10).fork(), _depth + 1).ldelim();
            if (message.value != null && $Object.hasOwnProperty.call(message, "value"))
                writer.uint32(16).uint32(message.value);
            if (message.values != null && $Object.hasOwnProperty.call(message, "values"))
                $root.duet.Values.encode(message.values, writer.uint32(26).fork(), _depth + 1).ldelim();
            if (message.number != null && $Object.hasOwnProperty.call(message, "number"))
                writer.uint32(33).double(message.number);
            if (message.flag != null && $Object.hasOwnProperty.call(message, "flag"))
                writer.uint32(40).bool(message.flag);
            if (message.text != null && $Object.hasOwnProperty.call(message, "text"))
                writer.uint32(50).string(message.text);
            if (message.numbers != null && $Object.hasOwnProperty.call(message, "numbers"))
                $root.duet.Numbers.encode(message.numbers, writer.uint32(58).fork(), _depth + 1).ldelim();
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        PlanArg.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.PlanArg();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        message.absent = $root.duet.Absent.decode(reader, reader.size(), $undefined, _depth + 1, message.absent);
                        message.kind = "absent";
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        message.value = reader.uint32();
                        message.kind = "value";
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        message.values = $root.duet.Values.decode(reader, reader.size(), $undefined, _depth + 1, message.values);
                        message.kind = "values";
                        continue;
                    }
                case 4: {
                        if (wireType !== 1)
                            break;
                        message.number = reader.double();
                        message.kind = "number";
                        continue;
                    }
                case 5: {
                        if (wireType !== 0)
                            break;
                        message.flag = reader.bool();
                        message.kind = "flag";
                        continue;
                    }
                case 6: {
                        if (wireType !== 2)
                            break;
                        message.text = reader.stringVerify();
                        message.kind = "text";
                        continue;
                    }
                case 7: {
                        if (wireType !== 2)
                            break;
                        message.numbers = $root.duet.Numbers.decode(reader, reader.size(), $undefined, _depth + 1, message.numbers);
                        message.kind = "numbers";
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return PlanArg;
    })();

    duet.Values = (function() {

        const Values = function (properties) {
            this.items = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        Values.prototype.items = $util.emptyArray;

        Values.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.items != null && message.items.length)
                writer.uint32(10).uint32s(message.items);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        Values.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.Values();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType === 2) {
                            if (!(message.items && message.items.length))
                                message.items = [];
                            reader.uint32s(message.items);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.items && message.items.length))
                            message.items = [];
                        message.items.push(reader.uint32());
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Values;
    })();

    duet.CallNode = (function() {

        const CallNode = function (properties) {
            this.args = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        CallNode.prototype.plan = 0;
        CallNode.prototype.args = $util.emptyArray;

        CallNode.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.plan != null && $Object.hasOwnProperty.call(message, "plan") && message.plan !== 0)
                writer.uint32(8).uint32(message.plan);
            if (message.args != null && message.args.length)
                writer.uint32(18).uint32s(message.args);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        CallNode.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.CallNode();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.plan = value;
                        else
                            delete message.plan;
                        continue;
                    }
                case 2: {
                        if (wireType === 2) {
                            if (!(message.args && message.args.length))
                                message.args = [];
                            reader.uint32s(message.args);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.args && message.args.length))
                            message.args = [];
                        message.args.push(reader.uint32());
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return CallNode;
    })();

    duet.LoopNode = (function() {

        const LoopNode = function (properties) {
            this.carried = [];
            this.fixed = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        LoopNode.prototype.plan = 0;
        LoopNode.prototype.count = 0;
        LoopNode.prototype.carried = $util.emptyArray;
        LoopNode.prototype.fixed = $util.emptyArray;

        LoopNode.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.plan != null && $Object.hasOwnProperty.call(message, "plan") && message.plan !== 0)
                writer.uint32(8).uint32(message.plan);
            if (message.count != null && $Object.hasOwnProperty.call(message, "count") && message.count !== 0)
                writer.uint32(16).uint32(message.count);
            if (message.carried != null && message.carried.length)
                writer.uint32(26).uint32s(message.carried);
            if (message.fixed != null && message.fixed.length)
                writer.uint32(34).uint32s(message.fixed);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        LoopNode.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.LoopNode();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.plan = value;
                        else
                            delete message.plan;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.count = value;
                        else
                            delete message.count;
                        continue;
                    }
                case 3: {
                        if (wireType === 2) {
                            if (!(message.carried && message.carried.length))
                                message.carried = [];
                            reader.uint32s(message.carried);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.carried && message.carried.length))
                            message.carried = [];
                        message.carried.push(reader.uint32());
                        continue;
                    }
                case 4: {
                        if (wireType === 2) {
                            if (!(message.fixed && message.fixed.length))
                                message.fixed = [];
                            reader.uint32s(message.fixed);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.fixed && message.fixed.length))
                            message.fixed = [];
                        message.fixed.push(reader.uint32());
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return LoopNode;
    })();

    duet.GradsNode = (function() {

        const GradsNode = function (properties) {
            this.args = [];
            this.wrt = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        GradsNode.prototype.plan = 0;
        GradsNode.prototype.args = $util.emptyArray;
        GradsNode.prototype.wrt = $util.emptyArray;
        GradsNode.prototype.dy = null;

        GradsNode.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.plan != null && $Object.hasOwnProperty.call(message, "plan") && message.plan !== 0)
                writer.uint32(8).uint32(message.plan);
            if (message.args != null && message.args.length)
                writer.uint32(18).uint32s(message.args);
            if (message.wrt != null && message.wrt.length)
                writer.uint32(26).uint32s(message.wrt);
            if (message.dy != null && $Object.hasOwnProperty.call(message, "dy"))
                $root.duet.Values.encode(message.dy, writer.uint32(34).fork(), _depth + 1).ldelim();
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        GradsNode.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.GradsNode();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.plan = value;
                        else
                            delete message.plan;
                        continue;
                    }
                case 2: {
                        if (wireType === 2) {
                            if (!(message.args && message.args.length))
                                message.args = [];
                            reader.uint32s(message.args);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.args && message.args.length))
                            message.args = [];
                        message.args.push(reader.uint32());
                        continue;
                    }
                case 3: {
                        if (wireType === 2) {
                            if (!(message.wrt && message.wrt.length))
                                message.wrt = [];
                            reader.uint32s(message.wrt);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.wrt && message.wrt.length))
                            message.wrt = [];
                        message.wrt.push(reader.uint32());
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        message.dy = $root.duet.Values.decode(reader, reader.size(), $undefined, _depth + 1, message.dy);
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return GradsNode;
    })();

    duet.Define = (function() {

        const Define = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        Define.prototype.id = 0;
        Define.prototype.plan = null;

        Define.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.id != null && $Object.hasOwnProperty.call(message, "id") && message.id !== 0)
                writer.uint32(8).uint32(message.id);
            if (message.plan != null && $Object.hasOwnProperty.call(message, "plan"))
                $root.duet.Plan.encode(message.plan, writer.uint32(18).fork(), _depth + 1).ldelim();
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        Define.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.Define();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.id = value;
                        else
                            delete message.id;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        message.plan = $root.duet.Plan.decode(reader, reader.size(), $undefined, _depth + 1, message.plan);
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Define;
    })();

    duet.Call = (function() {

        const Call = function (properties) {
            this.args = [];
            this.drops = [];
            this.dropParts = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        Call.prototype.id = 0;
        Call.prototype.plan = 0;
        Call.prototype.args = $util.emptyArray;
        Call.prototype.salt = 0;
        Call.prototype.drops = $util.emptyArray;
        Call.prototype.dropParts = $util.emptyArray;

        Call.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.id != null && $Object.hasOwnProperty.call(message, "id") && message.id !== 0)
                writer.uint32(8).uint32(message.id);
            if (message.plan != null && $Object.hasOwnProperty.call(message, "plan") && message.plan !== 0)
                writer.uint32(16).uint32(message.plan);
            if (message.args != null && message.args.length)
                for (let i = 0; i < message.args.length; ++i)
                    $root.duet.Operand.encode(message.args[i], writer.uint32(26).fork(), _depth + 1).ldelim();
            if (message.salt != null && $Object.hasOwnProperty.call(message, "salt") && message.salt !== 0)
                writer.uint32(32).uint32(message.salt);
            if (message.drops != null && message.drops.length)
                writer.uint32(42).uint32s(message.drops);
            if (message.dropParts != null && message.dropParts.length)
                writer.uint32(50).uint32s(message.dropParts);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        Call.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.Call();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.id = value;
                        else
                            delete message.id;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.plan = value;
                        else
                            delete message.plan;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if (!(message.args && message.args.length))
                            message.args = [];
                        message.args.push($root.duet.Operand.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 4: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.salt = value;
                        else
                            delete message.salt;
                        continue;
                    }
                case 5: {
                        if (wireType === 2) {
                            if (!(message.drops && message.drops.length))
                                message.drops = [];
                            reader.uint32s(message.drops);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.drops && message.drops.length))
                            message.drops = [];
                        message.drops.push(reader.uint32());
                        continue;
                    }
                case 6: {
                        if (wireType === 2) {
                            if (!(message.dropParts && message.dropParts.length))
                                message.dropParts = [];
                            reader.uint32s(message.dropParts);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.dropParts && message.dropParts.length))
                            message.dropParts = [];
                        message.dropParts.push(reader.uint32());
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Call;
    })();

    duet.Train = (function() {

        const Train = function (properties) {
            this.state = [];
            this.data = [];
            this.schedule = [];
            this.fixed = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        Train.prototype.id = 0;
        Train.prototype.plan = 0;
        Train.prototype.lastPlan = 0;
        Train.prototype.state = $util.emptyArray;
        Train.prototype.data = $util.emptyArray;
        Train.prototype.schedule = $util.emptyArray;
        Train.prototype.fixed = $util.emptyArray;
        Train.prototype.epochs = 0;
        Train.prototype.batchSize = 0;
        Train.prototype.shuffle = false;
        Train.prototype.seed = 0;
        Train.prototype.firstStep = 0;
        Train.prototype.reportEvery = 0;
        Train.prototype.checkpointEvery = 0;
        Train.prototype.progressEvery = 0;
        Train.prototype.name = "";

        Train.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.id != null && $Object.hasOwnProperty.call(message, "id") && message.id !== 0)
                writer.uint32(8).uint32(message.id);
            if (message.plan != null && $Object.hasOwnProperty.call(message, "plan") && message.plan !== 0)
                writer.uint32(16).uint32(message.plan);
            if (message.lastPlan != null && $Object.hasOwnProperty.call(message, "lastPlan") && message.lastPlan !== 0)
                writer.uint32(24).uint32(message.lastPlan);
            if (message.state != null && message.state.length)
                for (let i = 0; i < message.state.length; ++i)
                    $root.duet.Operand.encode(message.state[i], writer.uint32(34).fork(), _depth + 1).ldelim();
            if (message.data != null && message.data.length)
                for (let i = 0; i < message.data.length; ++i)
                    $root.duet.Operand.encode(message.data[i], writer.uint32(42).fork(), _depth + 1).ldelim();
            if (message.schedule != null && message.schedule.length)
                for (let i = 0; i < message.schedule.length; ++i)
                    $root.duet.Operand.encode(message.schedule[i], writer.uint32(50).fork(), _depth + 1).ldelim();
            if (message.fixed != null && message.fixed.length)
                for (let i = 0; i < message.fixed.length; ++i)
                    $root.duet.Operand.encode(message.fixed[i], writer.uint32(58).fork(), _depth + 1).ldelim();
            if (message.epochs != null && $Object.hasOwnProperty.call(message, "epochs") && message.epochs !== 0)
                writer.uint32(64).uint32(message.epochs);
            if (message.batchSize != null && $Object.hasOwnProperty.call(message, "batchSize") && message.batchSize !== 0)
                writer.uint32(72).uint32(message.batchSize);
            if (message.shuffle != null && $Object.hasOwnProperty.call(message, "shuffle") && message.shuffle !== false)
                writer.uint32(80).bool(message.shuffle);
            if (message.seed != null && $Object.hasOwnProperty.call(message, "seed") && message.seed !== 0)
                writer.uint32(88).uint32(message.seed);
            if (message.firstStep != null && $Object.hasOwnProperty.call(message, "firstStep") && message.firstStep !== 0)
                writer.uint32(96).uint32(message.firstStep);
            if (message.reportEvery != null && $Object.hasOwnProperty.call(message, "reportEvery") && message.reportEvery !== 0)
                writer.uint32(104).uint32(message.reportEvery);
            if (message.checkpointEvery != null && $Object.hasOwnProperty.call(message, "checkpointEvery") && message.checkpointEvery !== 0)
                writer.uint32(112).uint32(message.checkpointEvery);
            if (message.progressEvery != null && $Object.hasOwnProperty.call(message, "progressEvery") && message.progressEvery !== 0)
                writer.uint32(120).uint32(message.progressEvery);
            if (message.name != null && $Object.hasOwnProperty.call(message, "name") && message.name !== "")
                writer.uint32(130).string(message.name);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        Train.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.Train();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.id = value;
                        else
                            delete message.id;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.plan = value;
                        else
                            delete message.plan;
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.lastPlan = value;
                        else
                            delete message.lastPlan;
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        if (!(message.state && message.state.length))
                            message.state = [];
                        message.state.push($root.duet.Operand.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        if (!(message.data && message.data.length))
                            message.data = [];
                        message.data.push($root.duet.Operand.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 6: {
                        if (wireType !== 2)
                            break;
                        if (!(message.schedule && message.schedule.length))
                            message.schedule = [];
                        message.schedule.push($root.duet.Operand.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 7: {
                        if (wireType !== 2)
                            break;
                        if (!(message.fixed && message.fixed.length))
                            message.fixed = [];
                        message.fixed.push($root.duet.Operand.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 8: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.epochs = value;
                        else
                            delete message.epochs;
                        continue;
                    }
                case 9: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.batchSize = value;
                        else
                            delete message.batchSize;
                        continue;
                    }
                case 10: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.bool())
                            message.shuffle = value;
                        else
                            delete message.shuffle;
                        continue;
                    }
                case 11: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.seed = value;
                        else
                            delete message.seed;
                        continue;
                    }
                case 12: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.firstStep = value;
                        else
                            delete message.firstStep;
                        continue;
                    }
                case 13: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.reportEvery = value;
                        else
                            delete message.reportEvery;
                        continue;
                    }
                case 14: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.checkpointEvery = value;
                        else
                            delete message.checkpointEvery;
                        continue;
                    }
                case 15: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.progressEvery = value;
                        else
                            delete message.progressEvery;
                        continue;
                    }
                case 16: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.name = value;
                        else
                            delete message.name;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Train;
    })();

    duet.Cancel = (function() {

        const Cancel = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        Cancel.prototype.run = 0;

        Cancel.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.run != null && $Object.hasOwnProperty.call(message, "run") && message.run !== 0)
                writer.uint32(8).uint32(message.run);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        Cancel.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.Cancel();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.run = value;
                        else
                            delete message.run;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Cancel;
    })();

    duet.Request = (function() {

        const Request = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        Request.prototype.id = 0;
        Request.prototype.ref = null;
        Request.prototype.name = "";
        Request.prototype.reason = "";
        Request.prototype.timeoutMs = 0;
        Request.prototype.keepMs = 0;

        Request.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.id != null && $Object.hasOwnProperty.call(message, "id") && message.id !== 0)
                writer.uint32(8).uint32(message.id);
            if (message.ref != null && $Object.hasOwnProperty.call(message, "ref"))
                $root.duet.Ref.encode(message.ref, writer.uint32(18).fork(), _depth + 1).ldelim();
            if (message.name != null && $Object.hasOwnProperty.call(message, "name") && message.name !== "")
                writer.uint32(26).string(message.name);
            if (message.reason != null && $Object.hasOwnProperty.call(message, "reason") && message.reason !== "")
                writer.uint32(34).string(message.reason);
            if (message.timeoutMs != null && $Object.hasOwnProperty.call(message, "timeoutMs") && message.timeoutMs !== 0)
                writer.uint32(40).uint32(message.timeoutMs);
            if (message.keepMs != null && $Object.hasOwnProperty.call(message, "keepMs") && message.keepMs !== 0)
                writer.uint32(48).uint32(message.keepMs);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        Request.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.Request();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.id = value;
                        else
                            delete message.id;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        message.ref = $root.duet.Ref.decode(reader, reader.size(), $undefined, _depth + 1, message.ref);
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.name = value;
                        else
                            delete message.name;
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.reason = value;
                        else
                            delete message.reason;
                        continue;
                    }
                case 5: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.timeoutMs = value;
                        else
                            delete message.timeoutMs;
                        continue;
                    }
                case 6: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.keepMs = value;
                        else
                            delete message.keepMs;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Request;
    })();

    duet.Get = (function() {

        const Get = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        Get.prototype.id = 0;
        Get.prototype.ref = null;
        Get.prototype.request = 0;
        Get.prototype.deleteAfter = false;

        Get.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.id != null && $Object.hasOwnProperty.call(message, "id") && message.id !== 0)
                writer.uint32(8).uint32(message.id);
            if (message.ref != null && $Object.hasOwnProperty.call(message, "ref"))
                $root.duet.Ref.encode(message.ref, writer.uint32(18).fork(), _depth + 1).ldelim();
            if (message.request != null && $Object.hasOwnProperty.call(message, "request") && message.request !== 0)
                writer.uint32(24).uint32(message.request);
            if (message.deleteAfter != null && $Object.hasOwnProperty.call(message, "deleteAfter") && message.deleteAfter !== false)
                writer.uint32(32).bool(message.deleteAfter);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        Get.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.Get();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.id = value;
                        else
                            delete message.id;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        message.ref = $root.duet.Ref.decode(reader, reader.size(), $undefined, _depth + 1, message.ref);
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.request = value;
                        else
                            delete message.request;
                        continue;
                    }
                case 4: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.bool())
                            message.deleteAfter = value;
                        else
                            delete message.deleteAfter;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Get;
    })();

    duet.Confirm = (function() {

        const Confirm = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        Confirm.prototype.get = 0;

        Confirm.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.get != null && $Object.hasOwnProperty.call(message, "get") && message.get !== 0)
                writer.uint32(8).uint32(message.get);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        Confirm.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.Confirm();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.get = value;
                        else
                            delete message.get;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Confirm;
    })();

    duet.Withdraw = (function() {

        const Withdraw = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        Withdraw.prototype.request = 0;

        Withdraw.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.request != null && $Object.hasOwnProperty.call(message, "request") && message.request !== 0)
                writer.uint32(8).uint32(message.request);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        Withdraw.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.Withdraw();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.request = value;
                        else
                            delete message.request;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Withdraw;
    })();

    duet.Collect = (function() {

        const Collect = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        Collect.prototype.id = 0;
        Collect.prototype.kept = 0;

        Collect.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.id != null && $Object.hasOwnProperty.call(message, "id") && message.id !== 0)
                writer.uint32(8).uint32(message.id);
            if (message.kept != null && $Object.hasOwnProperty.call(message, "kept") && message.kept !== 0)
                writer.uint32(16).uint32(message.kept);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        Collect.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.Collect();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.id = value;
                        else
                            delete message.id;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.kept = value;
                        else
                            delete message.kept;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Collect;
    })();

    duet.Forget = (function() {

        const Forget = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        Forget.prototype.kept = 0;

        Forget.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.kept != null && $Object.hasOwnProperty.call(message, "kept") && message.kept !== 0)
                writer.uint32(8).uint32(message.kept);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        Forget.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.Forget();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.kept = value;
                        else
                            delete message.kept;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Forget;
    })();

    duet.Drop = (function() {

        const Drop = function (properties) {
            this.ids = [];
            this.parts = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        Drop.prototype.ids = $util.emptyArray;
        Drop.prototype.parts = $util.emptyArray;

        Drop.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.ids != null && message.ids.length)
                writer.uint32(10).uint32s(message.ids);
            if (message.parts != null && message.parts.length)
                writer.uint32(18).uint32s(message.parts);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        Drop.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.Drop();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType === 2) {
                            if (!(message.ids && message.ids.length))
                                message.ids = [];
                            reader.uint32s(message.ids);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.ids && message.ids.length))
                            message.ids = [];
                        message.ids.push(reader.uint32());
                        continue;
                    }
                case 2: {
                        if (wireType === 2) {
                            if (!(message.parts && message.parts.length))
                                message.parts = [];
                            reader.uint32s(message.parts);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.parts && message.parts.length))
                            message.parts = [];
                        message.parts.push(reader.uint32());
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Drop;
    })();

    duet.Catalogue = (function() {

        const Catalogue = function (properties) {
            this.objects = [];
            this.dataSets = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        Catalogue.prototype.objects = $util.emptyArray;
        Catalogue.prototype.dataSets = $util.emptyArray;

        Catalogue.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.objects != null && message.objects.length)
                for (let i = 0; i < message.objects.length; ++i)
                    $root.duet.Published.encode(message.objects[i], writer.uint32(10).fork(), _depth + 1).ldelim();
            if (message.dataSets != null && message.dataSets.length)
                for (let i = 0; i < message.dataSets.length; ++i)
                    $root.duet.DataSet.encode(message.dataSets[i], writer.uint32(18).fork(), _depth + 1).ldelim();
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        Catalogue.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.Catalogue();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if (!(message.objects && message.objects.length))
                            message.objects = [];
                        message.objects.push($root.duet.Published.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if (!(message.dataSets && message.dataSets.length))
                            message.dataSets = [];
                        message.dataSets.push($root.duet.DataSet.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Catalogue;
    })();

    duet.Published = (function() {

        const Published = function (properties) {
            this.tags = [];
            this.columns = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        Published.prototype.id = 0;
        Published.prototype.header = null;
        Published.prototype.tags = $util.emptyArray;
        Published.prototype.description = "";
        Published.prototype.columns = $util.emptyArray;
        Published.prototype["public"] = false;
        Published.prototype.field = "";
        Published.prototype.mockOf = 0;
        Published.prototype.recordAxis = 0;
        Published.prototype.minRecords = 0;

        Published.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.id != null && $Object.hasOwnProperty.call(message, "id") && message.id !== 0)
                writer.uint32(8).uint32(message.id);
            if (message.header != null && $Object.hasOwnProperty.call(message, "header"))
                $root.duet.TensorHeader.encode(message.header, writer.uint32(18).fork(), _depth + 1).ldelim();
            if (message.tags != null && message.tags.length)
                for (let i = 0; i < message.tags.length; ++i)
                    writer.uint32(26).string(message.tags[i]);
            if (message.description != null && $Object.hasOwnProperty.call(message, "description") && message.description !== "")
                writer.uint32(34).string(message.description);
            if (message.columns != null && message.columns.length)
                for (let i = 0; i < message.columns.length; ++i)
                    writer.uint32(42).string(message.columns[i]);
            if (message["public"] != null && $Object.hasOwnProperty.call(message, "public") && message["public"] !== false)
                writer.uint32(48).bool(message["public"]);
            if (message.field != null && $Object.hasOwnProperty.call(message, "field") && message.field !== "")
                writer.uint32(58).string(message.field);
            if (message.mockOf != null && $Object.hasOwnProperty.call(message, "mockOf") && message.mockOf !== 0)
                writer.uint32(64).uint32(message.mockOf);
            if (message.recordAxis != null && $Object.hasOwnProperty.call(message, "recordAxis") && message.recordAxis !== 0)
                writer.uint32(72).uint32(message.recordAxis);
            if (message.minRecords != null && $Object.hasOwnProperty.call(message, "minRecords") && message.minRecords !== 0)
                writer.uint32(80).uint32(message.minRecords);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        Published.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.Published();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.id = value;
                        else
                            delete message.id;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        message.header = $root.duet.TensorHeader.decode(reader, reader.size(), $undefined, _depth + 1, message.header);
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if (!(message.tags && message.tags.length))
                            message.tags = [];
                        message.tags.push(reader.stringVerify());
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.description = value;
                        else
                            delete message.description;
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        if (!(message.columns && message.columns.length))
                            message.columns = [];
                        message.columns.push(reader.stringVerify());
                        continue;
                    }
                case 6: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.bool())
                            message["public"] = value;
                        else
                            delete message["public"];
                        continue;
                    }
                case 7: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.field = value;
                        else
                            delete message.field;
                        continue;
                    }
                case 8: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.mockOf = value;
                        else
                            delete message.mockOf;
                        continue;
                    }
                case 9: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.recordAxis = value;
                        else
                            delete message.recordAxis;
                        continue;
                    }
                case 10: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.minRecords = value;
                        else
                            delete message.minRecords;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Published;
    })();

    duet.DataSet = (function() {

        const DataSet = function (properties) {
            this.tags = [];
            this.fields = [];
            this.splits = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        DataSet.prototype.id = 0;
        DataSet.prototype.name = "";
        DataSet.prototype.tags = $util.emptyArray;
        DataSet.prototype.description = "";
        DataSet.prototype.fields = $util.emptyArray;
        DataSet.prototype.unit = "";
        DataSet.prototype.units = 0;
        DataSet.prototype.splits = $util.emptyArray;

        DataSet.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.id != null && $Object.hasOwnProperty.call(message, "id") && message.id !== 0)
                writer.uint32(8).uint32(message.id);
            if (message.name != null && $Object.hasOwnProperty.call(message, "name") && message.name !== "")
                writer.uint32(18).string(message.name);
            if (message.tags != null && message.tags.length)
                for (let i = 0; i < message.tags.length; ++i)
                    writer.uint32(26).string(message.tags[i]);
            if (message.description != null && $Object.hasOwnProperty.call(message, "description") && message.description !== "")
                writer.uint32(34).string(message.description);
            if (message.fields != null && message.fields.length)
                for (let i = 0; i < message.fields.length; ++i)
                    $root.duet.Published.encode(message.fields[i], writer.uint32(42).fork(), _depth + 1).ldelim();
            if (message.unit != null && $Object.hasOwnProperty.call(message, "unit") && message.unit !== "")
                writer.uint32(50).string(message.unit);
            if (message.units != null && $Object.hasOwnProperty.call(message, "units") && message.units !== 0)
                writer.uint32(56).uint32(message.units);
            if (message.splits != null && message.splits.length)
                for (let i = 0; i < message.splits.length; ++i)
                    $root.duet.Split.encode(message.splits[i], writer.uint32(66).fork(), _depth + 1).ldelim();
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        DataSet.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.DataSet();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.id = value;
                        else
                            delete message.id;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.name = value;
                        else
                            delete message.name;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if (!(message.tags && message.tags.length))
                            message.tags = [];
                        message.tags.push(reader.stringVerify());
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.description = value;
                        else
                            delete message.description;
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        if (!(message.fields && message.fields.length))
                            message.fields = [];
                        message.fields.push($root.duet.Published.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 6: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.unit = value;
                        else
                            delete message.unit;
                        continue;
                    }
                case 7: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.units = value;
                        else
                            delete message.units;
                        continue;
                    }
                case 8: {
                        if (wireType !== 2)
                            break;
                        if (!(message.splits && message.splits.length))
                            message.splits = [];
                        message.splits.push($root.duet.Split.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return DataSet;
    })();

    duet.Split = (function() {

        const Split = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        Split.prototype.name = "";
        Split.prototype.from = 0;
        Split.prototype.to = 0;
        Split.prototype.units = 0;

        Split.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.name != null && $Object.hasOwnProperty.call(message, "name") && message.name !== "")
                writer.uint32(10).string(message.name);
            if (message.from != null && $Object.hasOwnProperty.call(message, "from") && message.from !== 0)
                writer.uint32(16).uint32(message.from);
            if (message.to != null && $Object.hasOwnProperty.call(message, "to") && message.to !== 0)
                writer.uint32(24).uint32(message.to);
            if (message.units != null && $Object.hasOwnProperty.call(message, "units") && message.units !== 0)
                writer.uint32(32).uint32(message.units);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        Split.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.Split();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.name = value;
                        else
                            delete message.name;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.from = value;
                        else
                            delete message.from;
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.to = value;
                        else
                            delete message.to;
                        continue;
                    }
                case 4: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.units = value;
                        else
                            delete message.units;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Split;
    })();

    duet.Gone = (function() {

        const Gone = function (properties) {
            this.published = [];
            this.own = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        Gone.prototype.published = $util.emptyArray;
        Gone.prototype.own = $util.emptyArray;

        Gone.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.published != null && message.published.length)
                writer.uint32(10).uint32s(message.published);
            if (message.own != null && message.own.length)
                writer.uint32(18).uint32s(message.own);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        Gone.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.Gone();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType === 2) {
                            if (!(message.published && message.published.length))
                                message.published = [];
                            reader.uint32s(message.published);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.published && message.published.length))
                            message.published = [];
                        message.published.push(reader.uint32());
                        continue;
                    }
                case 2: {
                        if (wireType === 2) {
                            if (!(message.own && message.own.length))
                                message.own = [];
                            reader.uint32s(message.own);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.own && message.own.length))
                            message.own = [];
                        message.own.push(reader.uint32());
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Gone;
    })();

    duet.Decision = (function() {

        const Decision = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        Decision.prototype.request = 0;
        Decision.prototype.outcome = 0;
        Decision.prototype.reason = "";

        Decision.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.request != null && $Object.hasOwnProperty.call(message, "request") && message.request !== 0)
                writer.uint32(8).uint32(message.request);
            if (message.outcome != null && $Object.hasOwnProperty.call(message, "outcome") && message.outcome !== 0)
                writer.uint32(16).int32(message.outcome);
            if (message.reason != null && $Object.hasOwnProperty.call(message, "reason") && message.reason !== "")
                writer.uint32(26).string(message.reason);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        Decision.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.Decision();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.request = value;
                        else
                            delete message.request;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.int32())
                            message.outcome = value;
                        else
                            delete message.outcome;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.reason = value;
                        else
                            delete message.reason;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Decision;
    })();

    duet.Outcome = (function() {
        const valuesById = $Object.create(null), values = $Object.create(valuesById);
        values[valuesById[0] = "OUTCOME_UNSPECIFIED"] = 0;
        values[valuesById[1] = "ACCEPTED"] = 1;
        values[valuesById[2] = "DENIED"] = 2;
        values[valuesById[3] = "EXPIRED"] = 3;
        values[valuesById[4] = "REVOKED"] = 4;
        return values;
    })();

    duet.Value = (function() {

        const Value = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        Value.prototype.get = 0;
        Value.prototype.header = null;
        Value.prototype.digest = $util.newBuffer([]);
        Value.prototype.digits = 0;
        Value.prototype.receipt = null;

        Value.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.get != null && $Object.hasOwnProperty.call(message, "get") && message.get !== 0)
                writer.uint32(8).uint32(message.get);
            if (message.header != null && $Object.hasOwnProperty.call(message, "header"))
                $root.duet.TensorHeader.encode(message.header, writer.uint32(18).fork(), _depth + 1).ldelim();
            if (message.digest != null && $Object.hasOwnProperty.call(message, "digest") && message.digest.length)
                writer.uint32(26).bytes(message.digest);
            if (message.digits != null && $Object.hasOwnProperty.call(message, "digits") && message.digits !== 0)
                writer.uint32(32).uint32(message.digits);
            if (message.receipt != null && $Object.hasOwnProperty.call(message, "receipt"))
                $root.duet.Receipt.encode(message.receipt, writer.uint32(42).fork(), _depth + 1).ldelim();
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        Value.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.Value();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.get = value;
                        else
                            delete message.get;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        message.header = $root.duet.TensorHeader.decode(reader, reader.size(), $undefined, _depth + 1, message.header);
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.digest = value;
                        else
                            delete message.digest;
                        continue;
                    }
                case 4: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.digits = value;
                        else
                            delete message.digits;
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        message.receipt = $root.duet.Receipt.decode(reader, reader.size(), $undefined, _depth + 1, message.receipt);
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Value;
    })();

    duet.Receipt = (function() {

        const Receipt = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        Receipt.prototype.entry = "";
        Receipt.prototype.previous = $util.newBuffer([]);
        Receipt.prototype.signature = $util.newBuffer([]);

        Receipt.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.entry != null && $Object.hasOwnProperty.call(message, "entry") && message.entry !== "")
                writer.uint32(10).string(message.entry);
            if (message.previous != null && $Object.hasOwnProperty.call(message, "previous") && message.previous.length)
                writer.uint32(18).bytes(message.previous);
            if (message.signature != null && $Object.hasOwnProperty.call(message, "signature") && message.signature.length)
                writer.uint32(26).bytes(message.signature);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        Receipt.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.Receipt();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.entry = value;
                        else
                            delete message.entry;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.previous = value;
                        else
                            delete message.previous;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.signature = value;
                        else
                            delete message.signature;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Receipt;
    })();

    duet.Kept = (function() {

        const Kept = function (properties) {
            this.items = [];
            this.gone = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        Kept.prototype.items = $util.emptyArray;
        Kept.prototype.gone = $util.emptyArray;

        Kept.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.items != null && message.items.length)
                for (let i = 0; i < message.items.length; ++i)
                    $root.duet.KeptItem.encode(message.items[i], writer.uint32(10).fork(), _depth + 1).ldelim();
            if (message.gone != null && message.gone.length)
                writer.uint32(18).uint32s(message.gone);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        Kept.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.Kept();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if (!(message.items && message.items.length))
                            message.items = [];
                        message.items.push($root.duet.KeptItem.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 2: {
                        if (wireType === 2) {
                            if (!(message.gone && message.gone.length))
                                message.gone = [];
                            reader.uint32s(message.gone);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.gone && message.gone.length))
                            message.gone = [];
                        message.gone.push(reader.uint32());
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Kept;
    })();

    duet.KeptItem = (function() {

        const KeptItem = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        KeptItem.prototype.id = 0;
        KeptItem.prototype.header = null;
        KeptItem.prototype.name = "";
        KeptItem.prototype.outcome = 0;
        KeptItem.prototype.reason = "";
        KeptItem.prototype.leftMs = 0;

        KeptItem.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.id != null && $Object.hasOwnProperty.call(message, "id") && message.id !== 0)
                writer.uint32(8).uint32(message.id);
            if (message.header != null && $Object.hasOwnProperty.call(message, "header"))
                $root.duet.TensorHeader.encode(message.header, writer.uint32(18).fork(), _depth + 1).ldelim();
            if (message.name != null && $Object.hasOwnProperty.call(message, "name") && message.name !== "")
                writer.uint32(26).string(message.name);
            if (message.outcome != null && $Object.hasOwnProperty.call(message, "outcome") && message.outcome !== 0)
                writer.uint32(32).int32(message.outcome);
            if (message.reason != null && $Object.hasOwnProperty.call(message, "reason") && message.reason !== "")
                writer.uint32(42).string(message.reason);
            if (message.leftMs != null && $Object.hasOwnProperty.call(message, "leftMs") && message.leftMs !== 0)
                writer.uint32(48).uint32(message.leftMs);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        KeptItem.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.KeptItem();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.id = value;
                        else
                            delete message.id;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        message.header = $root.duet.TensorHeader.decode(reader, reader.size(), $undefined, _depth + 1, message.header);
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.name = value;
                        else
                            delete message.name;
                        continue;
                    }
                case 4: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.int32())
                            message.outcome = value;
                        else
                            delete message.outcome;
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.reason = value;
                        else
                            delete message.reason;
                        continue;
                    }
                case 6: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.leftMs = value;
                        else
                            delete message.leftMs;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return KeptItem;
    })();

    duet.Mine = (function() {

        const Mine = function (properties) {
            this.items = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        Mine.prototype.items = $util.emptyArray;

        Mine.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.items != null && message.items.length)
                for (let i = 0; i < message.items.length; ++i)
                    $root.duet.MineItem.encode(message.items[i], writer.uint32(10).fork(), _depth + 1).ldelim();
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        Mine.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.Mine();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if (!(message.items && message.items.length))
                            message.items = [];
                        message.items.push($root.duet.MineItem.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Mine;
    })();

    duet.MineItem = (function() {

        const MineItem = function (properties) {
            this.path = [];
            this.tags = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        MineItem.prototype.id = 0;
        MineItem.prototype.path = $util.emptyArray;
        MineItem.prototype.header = null;
        MineItem.prototype.tags = $util.emptyArray;
        MineItem.prototype.description = "";
        MineItem.prototype.op = "";
        MineItem.prototype.readable = false;

        MineItem.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.id != null && $Object.hasOwnProperty.call(message, "id") && message.id !== 0)
                writer.uint32(8).uint32(message.id);
            if (message.path != null && message.path.length)
                writer.uint32(18).uint32s(message.path);
            if (message.header != null && $Object.hasOwnProperty.call(message, "header"))
                $root.duet.TensorHeader.encode(message.header, writer.uint32(26).fork(), _depth + 1).ldelim();
            if (message.tags != null && message.tags.length)
                for (let i = 0; i < message.tags.length; ++i)
                    writer.uint32(34).string(message.tags[i]);
            if (message.description != null && $Object.hasOwnProperty.call(message, "description") && message.description !== "")
                writer.uint32(42).string(message.description);
            if (message.op != null && $Object.hasOwnProperty.call(message, "op") && message.op !== "")
                writer.uint32(50).string(message.op);
            if (message.readable != null && $Object.hasOwnProperty.call(message, "readable") && message.readable !== false)
                writer.uint32(56).bool(message.readable);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        MineItem.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.MineItem();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.id = value;
                        else
                            delete message.id;
                        continue;
                    }
                case 2: {
                        if (wireType === 2) {
                            if (!(message.path && message.path.length))
                                message.path = [];
                            reader.uint32s(message.path);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.path && message.path.length))
                            message.path = [];
                        message.path.push(reader.uint32());
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        message.header = $root.duet.TensorHeader.decode(reader, reader.size(), $undefined, _depth + 1, message.header);
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        if (!(message.tags && message.tags.length))
                            message.tags = [];
                        message.tags.push(reader.stringVerify());
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.description = value;
                        else
                            delete message.description;
                        continue;
                    }
                case 6: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.op = value;
                        else
                            delete message.op;
                        continue;
                    }
                case 7: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.bool())
                            message.readable = value;
                        else
                            delete message.readable;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return MineItem;
    })();

    duet.Failed = (function() {

        const Failed = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        Failed.prototype.get = 0;
        Failed.prototype.code = 0;
        Failed.prototype.receipt = null;

        Failed.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.get != null && $Object.hasOwnProperty.call(message, "get") && message.get !== 0)
                writer.uint32(8).uint32(message.get);
            if (message.code != null && $Object.hasOwnProperty.call(message, "code") && message.code !== 0)
                writer.uint32(16).uint32(message.code);
            if (message.receipt != null && $Object.hasOwnProperty.call(message, "receipt"))
                $root.duet.Receipt.encode(message.receipt, writer.uint32(26).fork(), _depth + 1).ldelim();
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        Failed.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.Failed();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.get = value;
                        else
                            delete message.get;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.code = value;
                        else
                            delete message.code;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        message.receipt = $root.duet.Receipt.decode(reader, reader.size(), $undefined, _depth + 1, message.receipt);
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Failed;
    })();

    duet.Fault = (function() {

        const Fault = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        Fault.prototype.about = 0;
        Fault.prototype.code = 0;

        Fault.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.about != null && $Object.hasOwnProperty.call(message, "about") && message.about !== 0)
                writer.uint32(8).uint32(message.about);
            if (message.code != null && $Object.hasOwnProperty.call(message, "code") && message.code !== 0)
                writer.uint32(16).uint32(message.code);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        Fault.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.Fault();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.about = value;
                        else
                            delete message.about;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.code = value;
                        else
                            delete message.code;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Fault;
    })();

    duet.Progress = (function() {

        const Progress = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        Progress.prototype.run = 0;
        Progress.prototype.step = 0;
        Progress.prototype.state = 0;

        Progress.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.run != null && $Object.hasOwnProperty.call(message, "run") && message.run !== 0)
                writer.uint32(8).uint32(message.run);
            if (message.step != null && $Object.hasOwnProperty.call(message, "step") && message.step !== 0)
                writer.uint32(16).uint32(message.step);
            if (message.state != null && $Object.hasOwnProperty.call(message, "state") && message.state !== 0)
                writer.uint32(24).int32(message.state);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        Progress.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.Progress();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.run = value;
                        else
                            delete message.run;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.step = value;
                        else
                            delete message.step;
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.int32())
                            message.state = value;
                        else
                            delete message.state;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Progress;
    })();

    duet.RunState = (function() {
        const valuesById = $Object.create(null), values = $Object.create(valuesById);
        values[valuesById[0] = "RUN_STATE_UNSPECIFIED"] = 0;
        values[valuesById[1] = "RUNNING"] = 1;
        values[valuesById[2] = "FINISHED"] = 2;
        values[valuesById[3] = "CANCELLED"] = 3;
        values[valuesById[4] = "STOPPED"] = 4;
        return values;
    })();

    duet.PairingRole = (function() {
        const valuesById = $Object.create(null), values = $Object.create(valuesById);
        values[valuesById[0] = "PAIRING_ROLE_UNSPECIFIED"] = 0;
        values[valuesById[1] = "OWNER"] = 1;
        values[valuesById[2] = "SCIENTIST"] = 2;
        return values;
    })();

    duet.PairingHello = (function() {

        const PairingHello = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        PairingHello.prototype.version = 0;
        PairingHello.prototype.role = 0;
        PairingHello.prototype.software = "";
        PairingHello.prototype.name = "";
        PairingHello.prototype.identity = $util.newBuffer([]);
        PairingHello.prototype.certificate = $util.newBuffer([]);
        PairingHello.prototype.commitment = $util.newBuffer([]);
        PairingHello.prototype.relay = false;
        PairingHello.prototype.relayOnly = false;
        PairingHello.prototype.answers = $util.newBuffer([]);
        PairingHello.prototype.resume = null;
        PairingHello.prototype.exchange = $util.newBuffer([]);

        PairingHello.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.version != null && $Object.hasOwnProperty.call(message, "version") && message.version !== 0)
                writer.uint32(8).uint32(message.version);
            if (message.role != null && $Object.hasOwnProperty.call(message, "role") && message.role !== 0)
                writer.uint32(16).int32(message.role);
            if (message.software != null && $Object.hasOwnProperty.call(message, "software") && message.software !== "")
                writer.uint32(26).string(message.software);
            if (message.name != null && $Object.hasOwnProperty.call(message, "name") && message.name !== "")
                writer.uint32(34).string(message.name);
            if (message.identity != null && $Object.hasOwnProperty.call(message, "identity") && message.identity.length)
                writer.uint32(42).bytes(message.identity);
            if (message.certificate != null && $Object.hasOwnProperty.call(message, "certificate") && message.certificate.length)
                writer.uint32(50).bytes(message.certificate);
            if (message.commitment != null && $Object.hasOwnProperty.call(message, "commitment") && message.commitment.length)
                writer.uint32(58).bytes(message.commitment);
            if (message.relay != null && $Object.hasOwnProperty.call(message, "relay") && message.relay !== false)
                writer.uint32(64).bool(message.relay);
            if (message.relayOnly != null && $Object.hasOwnProperty.call(message, "relayOnly") && message.relayOnly !== false)
                writer.uint32(72).bool(message.relayOnly);
            if (message.answers != null && $Object.hasOwnProperty.call(message, "answers") && message.answers.length)
                writer.uint32(82).bytes(message.answers);
            if (message.resume != null && $Object.hasOwnProperty.call(message, "resume"))
                $root.duet.Resume.encode(message.resume, writer.uint32(90).fork(), _depth + 1).ldelim();
            if (message.exchange != null && $Object.hasOwnProperty.call(message, "exchange") && message.exchange.length)
                writer.uint32(98).bytes(message.exchange);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        PairingHello.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.PairingHello();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.version = value;
                        else
                            delete message.version;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.int32())
                            message.role = value;
                        else
                            delete message.role;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.software = value;
                        else
                            delete message.software;
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.name = value;
                        else
                            delete message.name;
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.identity = value;
                        else
                            delete message.identity;
                        continue;
                    }
                case 6: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.certificate = value;
                        else
                            delete message.certificate;
                        continue;
                    }
                case 7: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.commitment = value;
                        else
                            delete message.commitment;
                        continue;
                    }
                case 8: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.bool())
                            message.relay = value;
                        else
                            delete message.relay;
                        continue;
                    }
                case 9: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.bool())
                            message.relayOnly = value;
                        else
                            delete message.relayOnly;
                        continue;
                    }
                case 10: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.answers = value;
                        else
                            delete message.answers;
                        continue;
                    }
                case 11: {
                        if (wireType !== 2)
                            break;
                        message.resume = $root.duet.Resume.decode(reader, reader.size(), $undefined, _depth + 1, message.resume);
                        continue;
                    }
                case 12: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.exchange = value;
                        else
                            delete message.exchange;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return PairingHello;
    })();

    duet.Resume = (function() {

        const Resume = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        Resume.prototype.self = $util.newBuffer([]);
        Resume.prototype.peer = $util.newBuffer([]);

        Resume.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.self != null && $Object.hasOwnProperty.call(message, "self") && message.self.length)
                writer.uint32(10).bytes(message.self);
            if (message.peer != null && $Object.hasOwnProperty.call(message, "peer") && message.peer.length)
                writer.uint32(18).bytes(message.peer);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        Resume.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.Resume();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.self = value;
                        else
                            delete message.self;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.peer = value;
                        else
                            delete message.peer;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Resume;
    })();

    duet.PairingSignal = (function() {

        const PairingSignal = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        PairingSignal.prototype.description = null;
        PairingSignal.prototype.candidate = null;
        PairingSignal.prototype.noMoreCandidates = null;
        PairingSignal.prototype.relay = null;

        let $oneOfFields;

        $Object.defineProperty(PairingSignal.prototype, "kind", {
            get: $util.oneOfGetter($oneOfFields = ["description", "candidate", "noMoreCandidates", "relay"]),
            set: $util.oneOfSetter($oneOfFields)
        });

        PairingSignal.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.description != null && $Object.hasOwnProperty.call(message, "description"))
                $root.duet.Description.encode(message.description, writer.uint32(10).fork(), _depth + 1).ldelim();
            if (message.candidate != null && $Object.hasOwnProperty.call(message, "candidate"))
                $root.duet.Candidate.encode(message.candidate, writer.uint32(18).fork(), _depth + 1).ldelim();
            if (message.noMoreCandidates != null && $Object.hasOwnProperty.call(message, "noMoreCandidates"))
                $root.duet.Absent.encode(message.noMoreCandidates, writer.uint32(26).fork(), _depth + 1).ldelim();
            if (message.relay != null && $Object.hasOwnProperty.call(message, "relay"))
                $root.duet.Absent.encode(message.relay, writer.uint32(34).fork(), _depth + 1).ldelim();
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        PairingSignal.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.PairingSignal();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        message.description = $root.duet.Description.decode(reader, reader.size(), $undefined, _depth + 1, message.description);
                        message.kind = "description";
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        message.candidate = $root.duet.Candidate.decode(reader, reader.size(), $undefined, _depth + 1, message.candidate);
                        message.kind = "candidate";
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        message.noMoreCandidates = $root.duet.Absent.decode(reader, reader.size(), $undefined, _depth + 1, message.noMoreCandidates);
                        message.kind = "noMoreCandidates";
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        message.relay = $root.duet.Absent.decode(reader, reader.size(), $undefined, _depth + 1, message.relay);
                        message.kind = "relay";
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return PairingSignal;
    })();

    duet.Description = (function() {

        const Description = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        Description.prototype.offer = false;
        Description.prototype.ufrag = "";
        Description.prototype.pwd = "";
        Description.prototype.setup = 0;
        Description.prototype.sctpPort = 0;
        Description.prototype.maxMessageBytes = 0;

        Description.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.offer != null && $Object.hasOwnProperty.call(message, "offer") && message.offer !== false)
                writer.uint32(8).bool(message.offer);
            if (message.ufrag != null && $Object.hasOwnProperty.call(message, "ufrag") && message.ufrag !== "")
                writer.uint32(18).string(message.ufrag);
            if (message.pwd != null && $Object.hasOwnProperty.call(message, "pwd") && message.pwd !== "")
                writer.uint32(26).string(message.pwd);
            if (message.setup != null && $Object.hasOwnProperty.call(message, "setup") && message.setup !== 0)
                writer.uint32(32).int32(message.setup);
            if (message.sctpPort != null && $Object.hasOwnProperty.call(message, "sctpPort") && message.sctpPort !== 0)
                writer.uint32(40).uint32(message.sctpPort);
            if (message.maxMessageBytes != null && $Object.hasOwnProperty.call(message, "maxMessageBytes") && message.maxMessageBytes !== 0)
                writer.uint32(48).uint32(message.maxMessageBytes);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        Description.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.Description();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.bool())
                            message.offer = value;
                        else
                            delete message.offer;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.ufrag = value;
                        else
                            delete message.ufrag;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.pwd = value;
                        else
                            delete message.pwd;
                        continue;
                    }
                case 4: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.int32())
                            message.setup = value;
                        else
                            delete message.setup;
                        continue;
                    }
                case 5: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.sctpPort = value;
                        else
                            delete message.sctpPort;
                        continue;
                    }
                case 6: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.maxMessageBytes = value;
                        else
                            delete message.maxMessageBytes;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Description;
    })();

    duet.Setup = (function() {
        const valuesById = $Object.create(null), values = $Object.create(valuesById);
        values[valuesById[0] = "SETUP_UNSPECIFIED"] = 0;
        values[valuesById[1] = "ACTPASS"] = 1;
        values[valuesById[2] = "ACTIVE"] = 2;
        values[valuesById[3] = "PASSIVE"] = 3;
        return values;
    })();

    duet.Candidate = (function() {

        const Candidate = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        Candidate.prototype.foundation = "";
        Candidate.prototype.component = 0;
        Candidate.prototype.protocol = "";
        Candidate.prototype.priority = 0;
        Candidate.prototype.address = "";
        Candidate.prototype.port = 0;
        Candidate.prototype.type = "";
        Candidate.prototype.relatedAddress = "";
        Candidate.prototype.relatedPort = 0;
        Candidate.prototype.tcpType = "";

        Candidate.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.foundation != null && $Object.hasOwnProperty.call(message, "foundation") && message.foundation !== "")
                writer.uint32(10).string(message.foundation);
            if (message.component != null && $Object.hasOwnProperty.call(message, "component") && message.component !== 0)
                writer.uint32(16).uint32(message.component);
            if (message.protocol != null && $Object.hasOwnProperty.call(message, "protocol") && message.protocol !== "")
                writer.uint32(26).string(message.protocol);
            if (message.priority != null && $Object.hasOwnProperty.call(message, "priority") && message.priority !== 0)
                writer.uint32(32).uint32(message.priority);
            if (message.address != null && $Object.hasOwnProperty.call(message, "address") && message.address !== "")
                writer.uint32(42).string(message.address);
            if (message.port != null && $Object.hasOwnProperty.call(message, "port") && message.port !== 0)
                writer.uint32(48).uint32(message.port);
            if (message.type != null && $Object.hasOwnProperty.call(message, "type") && message.type !== "")
                writer.uint32(58).string(message.type);
            if (message.relatedAddress != null && $Object.hasOwnProperty.call(message, "relatedAddress") && message.relatedAddress !== "")
                writer.uint32(66).string(message.relatedAddress);
            if (message.relatedPort != null && $Object.hasOwnProperty.call(message, "relatedPort") && message.relatedPort !== 0)
                writer.uint32(72).uint32(message.relatedPort);
            if (message.tcpType != null && $Object.hasOwnProperty.call(message, "tcpType") && message.tcpType !== "")
                writer.uint32(82).string(message.tcpType);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        Candidate.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.duet.Candidate();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.foundation = value;
                        else
                            delete message.foundation;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.component = value;
                        else
                            delete message.component;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.protocol = value;
                        else
                            delete message.protocol;
                        continue;
                    }
                case 4: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.priority = value;
                        else
                            delete message.priority;
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.address = value;
                        else
                            delete message.address;
                        continue;
                    }
                case 6: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.port = value;
                        else
                            delete message.port;
                        continue;
                    }
                case 7: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.type = value;
                        else
                            delete message.type;
                        continue;
                    }
                case 8: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.relatedAddress = value;
                        else
                            delete message.relatedAddress;
                        continue;
                    }
                case 9: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.relatedPort = value;
                        else
                            delete message.relatedPort;
                        continue;
                    }
                case 10: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.tcpType = value;
                        else
                            delete message.tcpType;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Candidate;
    })();

    return duet;
})();

export {
  $root as default
};
