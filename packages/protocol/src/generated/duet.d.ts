import * as $protobuf from "protobufjs";

/** Namespace duet. */
export namespace duet {

    /**
     * Properties of a ScientistToOwner.
     * @deprecated Use duet.ScientistToOwner.$Properties instead.
     */
    interface IScientistToOwner extends duet.ScientistToOwner.$Properties {
    }

    /** Represents a ScientistToOwner. */
    class ScientistToOwner {

        /**
         * Constructs a new ScientistToOwner.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.ScientistToOwner.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** ScientistToOwner hello. */
        hello?: (duet.Hello.$Properties|null);

        /** ScientistToOwner proof. */
        proof?: (duet.Proof.$Properties|null);

        /** ScientistToOwner begin. */
        begin?: (duet.Begin.$Properties|null);

        /** ScientistToOwner put. */
        put?: (duet.Put.$Properties|null);

        /** ScientistToOwner action. */
        action?: (duet.Action.$Properties|null);

        /** ScientistToOwner request. */
        request?: (duet.Request.$Properties|null);

        /** ScientistToOwner get. */
        get?: (duet.Get.$Properties|null);

        /** ScientistToOwner confirm. */
        confirm?: (duet.Confirm.$Properties|null);

        /** ScientistToOwner withdraw. */
        withdraw?: (duet.Withdraw.$Properties|null);

        /** ScientistToOwner drop. */
        drop?: (duet.Drop.$Properties|null);

        /** ScientistToOwner define. */
        define?: (duet.Define.$Properties|null);

        /** ScientistToOwner call. */
        call?: (duet.Call.$Properties|null);

        /** ScientistToOwner train. */
        train?: (duet.Train.$Properties|null);

        /** ScientistToOwner cancel. */
        cancel?: (duet.Cancel.$Properties|null);

        /** ScientistToOwner collect. */
        collect?: (duet.Collect.$Properties|null);

        /** ScientistToOwner forget. */
        forget?: (duet.Forget.$Properties|null);

        /** ScientistToOwner body. */
        body?: ("hello"|"proof"|"begin"|"put"|"action"|"request"|"get"|"confirm"|"withdraw"|"drop"|"define"|"call"|"train"|"cancel"|"collect"|"forget");

        /**
         * Encodes the specified ScientistToOwner message. Does not implicitly {@link duet.ScientistToOwner.verify|verify} messages.
         * @param message ScientistToOwner message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.ScientistToOwner.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a ScientistToOwner message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.ScientistToOwner & duet.ScientistToOwner.$Shape} ScientistToOwner
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.ScientistToOwner & duet.ScientistToOwner.$Shape;
    }

    namespace ScientistToOwner {

        /** Properties of a ScientistToOwner. */
        interface $Properties {

            /** ScientistToOwner hello */
            hello?: (duet.Hello.$Properties|null);

            /** ScientistToOwner proof */
            proof?: (duet.Proof.$Properties|null);

            /** ScientistToOwner begin */
            begin?: (duet.Begin.$Properties|null);

            /** ScientistToOwner put */
            put?: (duet.Put.$Properties|null);

            /** ScientistToOwner action */
            action?: (duet.Action.$Properties|null);

            /** ScientistToOwner request */
            request?: (duet.Request.$Properties|null);

            /** ScientistToOwner get */
            get?: (duet.Get.$Properties|null);

            /** ScientistToOwner confirm */
            confirm?: (duet.Confirm.$Properties|null);

            /** ScientistToOwner withdraw */
            withdraw?: (duet.Withdraw.$Properties|null);

            /** ScientistToOwner drop */
            drop?: (duet.Drop.$Properties|null);

            /** ScientistToOwner define */
            define?: (duet.Define.$Properties|null);

            /** ScientistToOwner call */
            call?: (duet.Call.$Properties|null);

            /** ScientistToOwner train */
            train?: (duet.Train.$Properties|null);

            /** ScientistToOwner cancel */
            cancel?: (duet.Cancel.$Properties|null);

            /** ScientistToOwner collect */
            collect?: (duet.Collect.$Properties|null);

            /** ScientistToOwner forget */
            forget?: (duet.Forget.$Properties|null);

            /** ScientistToOwner body */
            body?: ("hello"|"proof"|"begin"|"put"|"action"|"request"|"get"|"confirm"|"withdraw"|"drop"|"define"|"call"|"train"|"cancel"|"collect"|"forget");

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Narrowed shape of a ScientistToOwner. */
        type $Shape = {
          hello?: duet.Hello.$Shape|null;
          proof?: duet.Proof.$Shape|null;
          begin?: duet.Begin.$Shape|null;
          put?: duet.Put.$Shape|null;
          action?: duet.Action.$Shape|null;
          request?: duet.Request.$Shape|null;
          get?: duet.Get.$Shape|null;
          confirm?: duet.Confirm.$Shape|null;
          withdraw?: duet.Withdraw.$Shape|null;
          drop?: duet.Drop.$Shape|null;
          define?: duet.Define.$Shape|null;
          call?: duet.Call.$Shape|null;
          train?: duet.Train.$Shape|null;
          cancel?: duet.Cancel.$Shape|null;
          collect?: duet.Collect.$Shape|null;
          forget?: duet.Forget.$Shape|null;
          $unknowns?: Uint8Array[];
        } & (
          ({ body?: undefined; hello?: null; proof?: null; begin?: null; put?: null; action?: null; request?: null; get?: null; confirm?: null; withdraw?: null; drop?: null; define?: null; call?: null; train?: null; cancel?: null; collect?: null; forget?: null }|{ body?: "hello"; hello: duet.Hello.$Shape; proof?: null; begin?: null; put?: null; action?: null; request?: null; get?: null; confirm?: null; withdraw?: null; drop?: null; define?: null; call?: null; train?: null; cancel?: null; collect?: null; forget?: null }|{ body?: "proof"; hello?: null; proof: duet.Proof.$Shape; begin?: null; put?: null; action?: null; request?: null; get?: null; confirm?: null; withdraw?: null; drop?: null; define?: null; call?: null; train?: null; cancel?: null; collect?: null; forget?: null }|{ body?: "begin"; hello?: null; proof?: null; begin: duet.Begin.$Shape; put?: null; action?: null; request?: null; get?: null; confirm?: null; withdraw?: null; drop?: null; define?: null; call?: null; train?: null; cancel?: null; collect?: null; forget?: null }|{ body?: "put"; hello?: null; proof?: null; begin?: null; put: duet.Put.$Shape; action?: null; request?: null; get?: null; confirm?: null; withdraw?: null; drop?: null; define?: null; call?: null; train?: null; cancel?: null; collect?: null; forget?: null }|{ body?: "action"; hello?: null; proof?: null; begin?: null; put?: null; action: duet.Action.$Shape; request?: null; get?: null; confirm?: null; withdraw?: null; drop?: null; define?: null; call?: null; train?: null; cancel?: null; collect?: null; forget?: null }|{ body?: "request"; hello?: null; proof?: null; begin?: null; put?: null; action?: null; request: duet.Request.$Shape; get?: null; confirm?: null; withdraw?: null; drop?: null; define?: null; call?: null; train?: null; cancel?: null; collect?: null; forget?: null }|{ body?: "get"; hello?: null; proof?: null; begin?: null; put?: null; action?: null; request?: null; get: duet.Get.$Shape; confirm?: null; withdraw?: null; drop?: null; define?: null; call?: null; train?: null; cancel?: null; collect?: null; forget?: null }|{ body?: "confirm"; hello?: null; proof?: null; begin?: null; put?: null; action?: null; request?: null; get?: null; confirm: duet.Confirm.$Shape; withdraw?: null; drop?: null; define?: null; call?: null; train?: null; cancel?: null; collect?: null; forget?: null }|{ body?: "withdraw"; hello?: null; proof?: null; begin?: null; put?: null; action?: null; request?: null; get?: null; confirm?: null; withdraw: duet.Withdraw.$Shape; drop?: null; define?: null; call?: null; train?: null; cancel?: null; collect?: null; forget?: null }|{ body?: "drop"; hello?: null; proof?: null; begin?: null; put?: null; action?: null; request?: null; get?: null; confirm?: null; withdraw?: null; drop: duet.Drop.$Shape; define?: null; call?: null; train?: null; cancel?: null; collect?: null; forget?: null }|{ body?: "define"; hello?: null; proof?: null; begin?: null; put?: null; action?: null; request?: null; get?: null; confirm?: null; withdraw?: null; drop?: null; define: duet.Define.$Shape; call?: null; train?: null; cancel?: null; collect?: null; forget?: null }|{ body?: "call"; hello?: null; proof?: null; begin?: null; put?: null; action?: null; request?: null; get?: null; confirm?: null; withdraw?: null; drop?: null; define?: null; call: duet.Call.$Shape; train?: null; cancel?: null; collect?: null; forget?: null }|{ body?: "train"; hello?: null; proof?: null; begin?: null; put?: null; action?: null; request?: null; get?: null; confirm?: null; withdraw?: null; drop?: null; define?: null; call?: null; train: duet.Train.$Shape; cancel?: null; collect?: null; forget?: null }|{ body?: "cancel"; hello?: null; proof?: null; begin?: null; put?: null; action?: null; request?: null; get?: null; confirm?: null; withdraw?: null; drop?: null; define?: null; call?: null; train?: null; cancel: duet.Cancel.$Shape; collect?: null; forget?: null }|{ body?: "collect"; hello?: null; proof?: null; begin?: null; put?: null; action?: null; request?: null; get?: null; confirm?: null; withdraw?: null; drop?: null; define?: null; call?: null; train?: null; cancel?: null; collect: duet.Collect.$Shape; forget?: null }|{ body?: "forget"; hello?: null; proof?: null; begin?: null; put?: null; action?: null; request?: null; get?: null; confirm?: null; withdraw?: null; drop?: null; define?: null; call?: null; train?: null; cancel?: null; collect?: null; forget: duet.Forget.$Shape })
        );
    }

    /**
     * Properties of an OwnerToScientist.
     * @deprecated Use duet.OwnerToScientist.$Properties instead.
     */
    interface IOwnerToScientist extends duet.OwnerToScientist.$Properties {
    }

    /** Represents an OwnerToScientist. */
    class OwnerToScientist {

        /**
         * Constructs a new OwnerToScientist.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.OwnerToScientist.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** OwnerToScientist hello. */
        hello?: (duet.Hello.$Properties|null);

        /** OwnerToScientist proof. */
        proof?: (duet.Proof.$Properties|null);

        /** OwnerToScientist admitted. */
        admitted?: (duet.Admitted.$Properties|null);

        /** OwnerToScientist refused. */
        refused?: (duet.Refused.$Properties|null);

        /** OwnerToScientist welcome. */
        welcome?: (duet.Welcome.$Properties|null);

        /** OwnerToScientist catalogue. */
        catalogue?: (duet.Catalogue.$Properties|null);

        /** OwnerToScientist gone. */
        gone?: (duet.Gone.$Properties|null);

        /** OwnerToScientist decision. */
        decision?: (duet.Decision.$Properties|null);

        /** OwnerToScientist value. */
        value?: (duet.Value.$Properties|null);

        /** OwnerToScientist failed. */
        failed?: (duet.Failed.$Properties|null);

        /** OwnerToScientist fault. */
        fault?: (duet.Fault.$Properties|null);

        /** OwnerToScientist progress. */
        progress?: (duet.Progress.$Properties|null);

        /** OwnerToScientist kept. */
        kept?: (duet.Kept.$Properties|null);

        /** OwnerToScientist mine. */
        mine?: (duet.Mine.$Properties|null);

        /** OwnerToScientist body. */
        body?: ("hello"|"proof"|"admitted"|"refused"|"welcome"|"catalogue"|"gone"|"decision"|"value"|"failed"|"fault"|"progress"|"kept"|"mine");

        /**
         * Encodes the specified OwnerToScientist message. Does not implicitly {@link duet.OwnerToScientist.verify|verify} messages.
         * @param message OwnerToScientist message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.OwnerToScientist.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an OwnerToScientist message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.OwnerToScientist & duet.OwnerToScientist.$Shape} OwnerToScientist
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.OwnerToScientist & duet.OwnerToScientist.$Shape;
    }

    namespace OwnerToScientist {

        /** Properties of an OwnerToScientist. */
        interface $Properties {

            /** OwnerToScientist hello */
            hello?: (duet.Hello.$Properties|null);

            /** OwnerToScientist proof */
            proof?: (duet.Proof.$Properties|null);

            /** OwnerToScientist admitted */
            admitted?: (duet.Admitted.$Properties|null);

            /** OwnerToScientist refused */
            refused?: (duet.Refused.$Properties|null);

            /** OwnerToScientist welcome */
            welcome?: (duet.Welcome.$Properties|null);

            /** OwnerToScientist catalogue */
            catalogue?: (duet.Catalogue.$Properties|null);

            /** OwnerToScientist gone */
            gone?: (duet.Gone.$Properties|null);

            /** OwnerToScientist decision */
            decision?: (duet.Decision.$Properties|null);

            /** OwnerToScientist value */
            value?: (duet.Value.$Properties|null);

            /** OwnerToScientist failed */
            failed?: (duet.Failed.$Properties|null);

            /** OwnerToScientist fault */
            fault?: (duet.Fault.$Properties|null);

            /** OwnerToScientist progress */
            progress?: (duet.Progress.$Properties|null);

            /** OwnerToScientist kept */
            kept?: (duet.Kept.$Properties|null);

            /** OwnerToScientist mine */
            mine?: (duet.Mine.$Properties|null);

            /** OwnerToScientist body */
            body?: ("hello"|"proof"|"admitted"|"refused"|"welcome"|"catalogue"|"gone"|"decision"|"value"|"failed"|"fault"|"progress"|"kept"|"mine");

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Narrowed shape of an OwnerToScientist. */
        type $Shape = {
          hello?: duet.Hello.$Shape|null;
          proof?: duet.Proof.$Shape|null;
          admitted?: duet.Admitted.$Shape|null;
          refused?: duet.Refused.$Shape|null;
          welcome?: duet.Welcome.$Shape|null;
          catalogue?: duet.Catalogue.$Shape|null;
          gone?: duet.Gone.$Shape|null;
          decision?: duet.Decision.$Shape|null;
          value?: duet.Value.$Shape|null;
          failed?: duet.Failed.$Shape|null;
          fault?: duet.Fault.$Shape|null;
          progress?: duet.Progress.$Shape|null;
          kept?: duet.Kept.$Shape|null;
          mine?: duet.Mine.$Shape|null;
          $unknowns?: Uint8Array[];
        } & (
          ({ body?: undefined; hello?: null; proof?: null; admitted?: null; refused?: null; welcome?: null; catalogue?: null; gone?: null; decision?: null; value?: null; failed?: null; fault?: null; progress?: null; kept?: null; mine?: null }|{ body?: "hello"; hello: duet.Hello.$Shape; proof?: null; admitted?: null; refused?: null; welcome?: null; catalogue?: null; gone?: null; decision?: null; value?: null; failed?: null; fault?: null; progress?: null; kept?: null; mine?: null }|{ body?: "proof"; hello?: null; proof: duet.Proof.$Shape; admitted?: null; refused?: null; welcome?: null; catalogue?: null; gone?: null; decision?: null; value?: null; failed?: null; fault?: null; progress?: null; kept?: null; mine?: null }|{ body?: "admitted"; hello?: null; proof?: null; admitted: duet.Admitted.$Shape; refused?: null; welcome?: null; catalogue?: null; gone?: null; decision?: null; value?: null; failed?: null; fault?: null; progress?: null; kept?: null; mine?: null }|{ body?: "refused"; hello?: null; proof?: null; admitted?: null; refused: duet.Refused.$Shape; welcome?: null; catalogue?: null; gone?: null; decision?: null; value?: null; failed?: null; fault?: null; progress?: null; kept?: null; mine?: null }|{ body?: "welcome"; hello?: null; proof?: null; admitted?: null; refused?: null; welcome: duet.Welcome.$Shape; catalogue?: null; gone?: null; decision?: null; value?: null; failed?: null; fault?: null; progress?: null; kept?: null; mine?: null }|{ body?: "catalogue"; hello?: null; proof?: null; admitted?: null; refused?: null; welcome?: null; catalogue: duet.Catalogue.$Shape; gone?: null; decision?: null; value?: null; failed?: null; fault?: null; progress?: null; kept?: null; mine?: null }|{ body?: "gone"; hello?: null; proof?: null; admitted?: null; refused?: null; welcome?: null; catalogue?: null; gone: duet.Gone.$Shape; decision?: null; value?: null; failed?: null; fault?: null; progress?: null; kept?: null; mine?: null }|{ body?: "decision"; hello?: null; proof?: null; admitted?: null; refused?: null; welcome?: null; catalogue?: null; gone?: null; decision: duet.Decision.$Shape; value?: null; failed?: null; fault?: null; progress?: null; kept?: null; mine?: null }|{ body?: "value"; hello?: null; proof?: null; admitted?: null; refused?: null; welcome?: null; catalogue?: null; gone?: null; decision?: null; value: duet.Value.$Shape; failed?: null; fault?: null; progress?: null; kept?: null; mine?: null }|{ body?: "failed"; hello?: null; proof?: null; admitted?: null; refused?: null; welcome?: null; catalogue?: null; gone?: null; decision?: null; value?: null; failed: duet.Failed.$Shape; fault?: null; progress?: null; kept?: null; mine?: null }|{ body?: "fault"; hello?: null; proof?: null; admitted?: null; refused?: null; welcome?: null; catalogue?: null; gone?: null; decision?: null; value?: null; failed?: null; fault: duet.Fault.$Shape; progress?: null; kept?: null; mine?: null }|{ body?: "progress"; hello?: null; proof?: null; admitted?: null; refused?: null; welcome?: null; catalogue?: null; gone?: null; decision?: null; value?: null; failed?: null; fault?: null; progress: duet.Progress.$Shape; kept?: null; mine?: null }|{ body?: "kept"; hello?: null; proof?: null; admitted?: null; refused?: null; welcome?: null; catalogue?: null; gone?: null; decision?: null; value?: null; failed?: null; fault?: null; progress?: null; kept: duet.Kept.$Shape; mine?: null }|{ body?: "mine"; hello?: null; proof?: null; admitted?: null; refused?: null; welcome?: null; catalogue?: null; gone?: null; decision?: null; value?: null; failed?: null; fault?: null; progress?: null; kept?: null; mine: duet.Mine.$Shape })
        );
    }

    /**
     * Properties of a Hello.
     * @deprecated Use duet.Hello.$Properties instead.
     */
    interface IHello extends duet.Hello.$Properties {
    }

    /** Represents a Hello. */
    class Hello {

        /**
         * Constructs a new Hello.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.Hello.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Hello version. */
        version: number;

        /** Hello software. */
        software: string;

        /** Hello identity. */
        identity: Uint8Array;

        /** Hello nonce. */
        nonce: Uint8Array;

        /** Hello name. */
        name: string;

        /**
         * Encodes the specified Hello message. Does not implicitly {@link duet.Hello.verify|verify} messages.
         * @param message Hello message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.Hello.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Hello message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.Hello & duet.Hello.$Shape} Hello
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.Hello & duet.Hello.$Shape;
    }

    namespace Hello {

        /** Properties of a Hello. */
        interface $Properties {

            /** Hello version */
            version?: (number|null);

            /** Hello software */
            software?: (string|null);

            /** Hello identity */
            identity?: (Uint8Array|null);

            /** Hello nonce */
            nonce?: (Uint8Array|null);

            /** Hello name */
            name?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Hello. */
        type $Shape = duet.Hello.$Properties;
    }

    /**
     * Properties of a Proof.
     * @deprecated Use duet.Proof.$Properties instead.
     */
    interface IProof extends duet.Proof.$Properties {
    }

    /** Represents a Proof. */
    class Proof {

        /**
         * Constructs a new Proof.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.Proof.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Proof signature. */
        signature: Uint8Array;

        /**
         * Encodes the specified Proof message. Does not implicitly {@link duet.Proof.verify|verify} messages.
         * @param message Proof message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.Proof.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Proof message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.Proof & duet.Proof.$Shape} Proof
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.Proof & duet.Proof.$Shape;
    }

    namespace Proof {

        /** Properties of a Proof. */
        interface $Properties {

            /** Proof signature */
            signature?: (Uint8Array|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Proof. */
        type $Shape = duet.Proof.$Properties;
    }

    /**
     * Properties of an Admitted.
     * @deprecated Use duet.Admitted.$Properties instead.
     */
    interface IAdmitted extends duet.Admitted.$Properties {
    }

    /** Represents an Admitted. */
    class Admitted {

        /**
         * Constructs a new Admitted.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.Admitted.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Admitted name. */
        name: string;

        /**
         * Encodes the specified Admitted message. Does not implicitly {@link duet.Admitted.verify|verify} messages.
         * @param message Admitted message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.Admitted.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an Admitted message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.Admitted & duet.Admitted.$Shape} Admitted
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.Admitted & duet.Admitted.$Shape;
    }

    namespace Admitted {

        /** Properties of an Admitted. */
        interface $Properties {

            /** Admitted name */
            name?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an Admitted. */
        type $Shape = duet.Admitted.$Properties;
    }

    /**
     * Properties of a Refused.
     * @deprecated Use duet.Refused.$Properties instead.
     */
    interface IRefused extends duet.Refused.$Properties {
    }

    /** Represents a Refused. */
    class Refused {

        /**
         * Constructs a new Refused.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.Refused.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Refused code. */
        code: number;

        /**
         * Encodes the specified Refused message. Does not implicitly {@link duet.Refused.verify|verify} messages.
         * @param message Refused message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.Refused.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Refused message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.Refused & duet.Refused.$Shape} Refused
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.Refused & duet.Refused.$Shape;
    }

    namespace Refused {

        /** Properties of a Refused. */
        interface $Properties {

            /** Refused code */
            code?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Refused. */
        type $Shape = duet.Refused.$Properties;
    }

    /**
     * Properties of a Begin.
     * @deprecated Use duet.Begin.$Properties instead.
     */
    interface IBegin extends duet.Begin.$Properties {
    }

    /** Represents a Begin. */
    class Begin {

        /**
         * Constructs a new Begin.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.Begin.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Begin epoch. */
        epoch: number;

        /** Begin keep. */
        keep: boolean;

        /**
         * Encodes the specified Begin message. Does not implicitly {@link duet.Begin.verify|verify} messages.
         * @param message Begin message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.Begin.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Begin message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.Begin & duet.Begin.$Shape} Begin
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.Begin & duet.Begin.$Shape;
    }

    namespace Begin {

        /** Properties of a Begin. */
        interface $Properties {

            /** Begin epoch */
            epoch?: (number|null);

            /** Begin keep */
            keep?: (boolean|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Begin. */
        type $Shape = duet.Begin.$Properties;
    }

    /**
     * Properties of a Welcome.
     * @deprecated Use duet.Welcome.$Properties instead.
     */
    interface IWelcome extends duet.Welcome.$Properties {
    }

    /** Represents a Welcome. */
    class Welcome {

        /**
         * Constructs a new Welcome.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.Welcome.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Welcome epoch. */
        epoch: number;

        /** Welcome nextId. */
        nextId: number;

        /** Welcome catalogues. */
        catalogues: number;

        /** Welcome opCost. */
        opCost: number;

        /** Welcome planCost. */
        planCost: number;

        /** Welcome runCost. */
        runCost: number;

        /** Welcome backend. */
        backend: string;

        /** Welcome lacking. */
        lacking: string[];

        /** Welcome keepMs. */
        keepMs: number;

        /** Welcome mine. */
        mine: number;

        /**
         * Encodes the specified Welcome message. Does not implicitly {@link duet.Welcome.verify|verify} messages.
         * @param message Welcome message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.Welcome.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Welcome message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.Welcome & duet.Welcome.$Shape} Welcome
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.Welcome & duet.Welcome.$Shape;
    }

    namespace Welcome {

        /** Properties of a Welcome. */
        interface $Properties {

            /** Welcome epoch */
            epoch?: (number|null);

            /** Welcome nextId */
            nextId?: (number|null);

            /** Welcome catalogues */
            catalogues?: (number|null);

            /** Welcome opCost */
            opCost?: (number|null);

            /** Welcome planCost */
            planCost?: (number|null);

            /** Welcome runCost */
            runCost?: (number|null);

            /** Welcome backend */
            backend?: (string|null);

            /** Welcome lacking */
            lacking?: (string[]|null);

            /** Welcome keepMs */
            keepMs?: (number|null);

            /** Welcome mine */
            mine?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Welcome. */
        type $Shape = duet.Welcome.$Properties;
    }

    /** DType enum. */
    enum DType {

        /** DTYPE_UNSPECIFIED value */
        DTYPE_UNSPECIFIED = 0,

        /** FLOAT32 value */
        FLOAT32 = 1,

        /** INT32 value */
        INT32 = 2,

        /** BOOL value */
        BOOL = 3,

        /** STRING value */
        STRING = 4,

        /** COMPLEX64 value */
        COMPLEX64 = 5
    }

    /**
     * Properties of a TensorHeader.
     * @deprecated Use duet.TensorHeader.$Properties instead.
     */
    interface ITensorHeader extends duet.TensorHeader.$Properties {
    }

    /** Represents a TensorHeader. */
    class TensorHeader {

        /**
         * Constructs a new TensorHeader.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.TensorHeader.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** TensorHeader dtype. */
        dtype: duet.DType;

        /** TensorHeader shape. */
        shape: number[];

        /** TensorHeader elementBytes. */
        elementBytes: number;

        /**
         * Encodes the specified TensorHeader message. Does not implicitly {@link duet.TensorHeader.verify|verify} messages.
         * @param message TensorHeader message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.TensorHeader.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a TensorHeader message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.TensorHeader & duet.TensorHeader.$Shape} TensorHeader
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.TensorHeader & duet.TensorHeader.$Shape;
    }

    namespace TensorHeader {

        /** Properties of a TensorHeader. */
        interface $Properties {

            /** TensorHeader dtype */
            dtype?: (duet.DType|null);

            /** TensorHeader shape */
            shape?: (number[]|null);

            /** TensorHeader elementBytes */
            elementBytes?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a TensorHeader. */
        type $Shape = duet.TensorHeader.$Properties;
    }

    /**
     * Properties of a Ref.
     * @deprecated Use duet.Ref.$Properties instead.
     */
    interface IRef extends duet.Ref.$Properties {
    }

    /** Represents a Ref. */
    class Ref {

        /**
         * Constructs a new Ref.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.Ref.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Ref own. */
        own?: (number|null);

        /** Ref published. */
        published?: (number|null);

        /** Ref path. */
        path: number[];

        /** Ref space. */
        space?: ("own"|"published");

        /**
         * Encodes the specified Ref message. Does not implicitly {@link duet.Ref.verify|verify} messages.
         * @param message Ref message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.Ref.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Ref message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.Ref & duet.Ref.$Shape} Ref
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.Ref & duet.Ref.$Shape;
    }

    namespace Ref {

        /** Properties of a Ref. */
        interface $Properties {

            /** Ref own */
            own?: (number|null);

            /** Ref published */
            published?: (number|null);

            /** Ref path */
            path?: (number[]|null);

            /** Ref space */
            space?: ("own"|"published");

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Narrowed shape of a Ref. */
        type $Shape = {
          own?: number|null;
          published?: number|null;
          path?: number[]|null;
          $unknowns?: Uint8Array[];
        } & (
          ({ space?: undefined; own?: null; published?: null }|{ space?: "own"; own: number; published?: null }|{ space?: "published"; own?: null; published: number })
        );
    }

    /**
     * Properties of an Operand.
     * @deprecated Use duet.Operand.$Properties instead.
     */
    interface IOperand extends duet.Operand.$Properties {
    }

    /** Represents an Operand. */
    class Operand {

        /**
         * Constructs a new Operand.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.Operand.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Operand ref. */
        ref?: (duet.Ref.$Properties|null);

        /** Operand literal. */
        literal?: (duet.Literal.$Properties|null);

        /** Operand own. */
        own?: (number|null);

        /** Operand published. */
        published?: (number|null);

        /** Operand kind. */
        kind?: ("ref"|"literal"|"own"|"published");

        /**
         * Encodes the specified Operand message. Does not implicitly {@link duet.Operand.verify|verify} messages.
         * @param message Operand message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.Operand.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an Operand message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.Operand & duet.Operand.$Shape} Operand
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.Operand & duet.Operand.$Shape;
    }

    namespace Operand {

        /** Properties of an Operand. */
        interface $Properties {

            /** Operand ref */
            ref?: (duet.Ref.$Properties|null);

            /** Operand literal */
            literal?: (duet.Literal.$Properties|null);

            /** Operand own */
            own?: (number|null);

            /** Operand published */
            published?: (number|null);

            /** Operand kind */
            kind?: ("ref"|"literal"|"own"|"published");

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Narrowed shape of an Operand. */
        type $Shape = {
          ref?: duet.Ref.$Shape|null;
          literal?: duet.Literal.$Shape|null;
          own?: number|null;
          published?: number|null;
          $unknowns?: Uint8Array[];
        } & (
          ({ kind?: undefined; ref?: null; literal?: null; own?: null; published?: null }|{ kind?: "ref"; ref: duet.Ref.$Shape; literal?: null; own?: null; published?: null }|{ kind?: "literal"; ref?: null; literal: duet.Literal.$Shape; own?: null; published?: null }|{ kind?: "own"; ref?: null; literal?: null; own: number; published?: null }|{ kind?: "published"; ref?: null; literal?: null; own?: null; published: number })
        );
    }

    /**
     * Properties of a Literal.
     * @deprecated Use duet.Literal.$Properties instead.
     */
    interface ILiteral extends duet.Literal.$Properties {
    }

    /** Represents a Literal. */
    class Literal {

        /**
         * Constructs a new Literal.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.Literal.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Literal header. */
        header?: (duet.TensorHeader.$Properties|null);

        /** Literal data. */
        data: Uint8Array;

        /**
         * Encodes the specified Literal message. Does not implicitly {@link duet.Literal.verify|verify} messages.
         * @param message Literal message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.Literal.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Literal message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.Literal & duet.Literal.$Shape} Literal
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.Literal & duet.Literal.$Shape;
    }

    namespace Literal {

        /** Properties of a Literal. */
        interface $Properties {

            /** Literal header */
            header?: (duet.TensorHeader.$Properties|null);

            /** Literal data */
            data?: (Uint8Array|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Literal. */
        type $Shape = duet.Literal.$Properties;
    }

    /**
     * Properties of an Operands.
     * @deprecated Use duet.Operands.$Properties instead.
     */
    interface IOperands extends duet.Operands.$Properties {
    }

    /** Represents an Operands. */
    class Operands {

        /**
         * Constructs a new Operands.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.Operands.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Operands items. */
        items: duet.Operand.$Properties[];

        /**
         * Encodes the specified Operands message. Does not implicitly {@link duet.Operands.verify|verify} messages.
         * @param message Operands message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.Operands.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an Operands message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.Operands & duet.Operands.$Shape} Operands
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.Operands & duet.Operands.$Shape;
    }

    namespace Operands {

        /** Properties of an Operands. */
        interface $Properties {

            /** Operands items */
            items?: (duet.Operand.$Properties[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an Operands. */
        type $Shape = {
          items?: duet.Operand.$Shape[]|null;
          $unknowns?: Uint8Array[];
        };
    }

    /**
     * Properties of a Numbers.
     * @deprecated Use duet.Numbers.$Properties instead.
     */
    interface INumbers extends duet.Numbers.$Properties {
    }

    /** Represents a Numbers. */
    class Numbers {

        /**
         * Constructs a new Numbers.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.Numbers.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Numbers items. */
        items: number[];

        /**
         * Encodes the specified Numbers message. Does not implicitly {@link duet.Numbers.verify|verify} messages.
         * @param message Numbers message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.Numbers.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Numbers message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.Numbers & duet.Numbers.$Shape} Numbers
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.Numbers & duet.Numbers.$Shape;
    }

    namespace Numbers {

        /** Properties of a Numbers. */
        interface $Properties {

            /** Numbers items */
            items?: (number[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Numbers. */
        type $Shape = duet.Numbers.$Properties;
    }

    /**
     * Properties of an Arg.
     * @deprecated Use duet.Arg.$Properties instead.
     */
    interface IArg extends duet.Arg.$Properties {
    }

    /** Represents an Arg. */
    class Arg {

        /**
         * Constructs a new Arg.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.Arg.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Arg absent. */
        absent?: (duet.Absent.$Properties|null);

        /** Arg ref. */
        ref?: (duet.Ref.$Properties|null);

        /** Arg literal. */
        literal?: (duet.Literal.$Properties|null);

        /** Arg tensors. */
        tensors?: (duet.Operands.$Properties|null);

        /** Arg number. */
        number?: (number|null);

        /** Arg flag. */
        flag?: (boolean|null);

        /** Arg text. */
        text?: (string|null);

        /** Arg numbers. */
        numbers?: (duet.Numbers.$Properties|null);

        /** Arg own. */
        own?: (number|null);

        /** Arg published. */
        published?: (number|null);

        /** Arg kind. */
        kind?: ("absent"|"ref"|"literal"|"tensors"|"number"|"flag"|"text"|"numbers"|"own"|"published");

        /**
         * Encodes the specified Arg message. Does not implicitly {@link duet.Arg.verify|verify} messages.
         * @param message Arg message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.Arg.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an Arg message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.Arg & duet.Arg.$Shape} Arg
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.Arg & duet.Arg.$Shape;
    }

    namespace Arg {

        /** Properties of an Arg. */
        interface $Properties {

            /** Arg absent */
            absent?: (duet.Absent.$Properties|null);

            /** Arg ref */
            ref?: (duet.Ref.$Properties|null);

            /** Arg literal */
            literal?: (duet.Literal.$Properties|null);

            /** Arg tensors */
            tensors?: (duet.Operands.$Properties|null);

            /** Arg number */
            number?: (number|null);

            /** Arg flag */
            flag?: (boolean|null);

            /** Arg text */
            text?: (string|null);

            /** Arg numbers */
            numbers?: (duet.Numbers.$Properties|null);

            /** Arg own */
            own?: (number|null);

            /** Arg published */
            published?: (number|null);

            /** Arg kind */
            kind?: ("absent"|"ref"|"literal"|"tensors"|"number"|"flag"|"text"|"numbers"|"own"|"published");

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Narrowed shape of an Arg. */
        type $Shape = {
          absent?: duet.Absent.$Shape|null;
          ref?: duet.Ref.$Shape|null;
          literal?: duet.Literal.$Shape|null;
          tensors?: duet.Operands.$Shape|null;
          number?: number|null;
          flag?: boolean|null;
          text?: string|null;
          numbers?: duet.Numbers.$Shape|null;
          own?: number|null;
          published?: number|null;
          $unknowns?: Uint8Array[];
        } & (
          ({ kind?: undefined; absent?: null; ref?: null; literal?: null; tensors?: null; number?: null; flag?: null; text?: null; numbers?: null; own?: null; published?: null }|{ kind?: "absent"; absent: duet.Absent.$Shape; ref?: null; literal?: null; tensors?: null; number?: null; flag?: null; text?: null; numbers?: null; own?: null; published?: null }|{ kind?: "ref"; absent?: null; ref: duet.Ref.$Shape; literal?: null; tensors?: null; number?: null; flag?: null; text?: null; numbers?: null; own?: null; published?: null }|{ kind?: "literal"; absent?: null; ref?: null; literal: duet.Literal.$Shape; tensors?: null; number?: null; flag?: null; text?: null; numbers?: null; own?: null; published?: null }|{ kind?: "tensors"; absent?: null; ref?: null; literal?: null; tensors: duet.Operands.$Shape; number?: null; flag?: null; text?: null; numbers?: null; own?: null; published?: null }|{ kind?: "number"; absent?: null; ref?: null; literal?: null; tensors?: null; number: number; flag?: null; text?: null; numbers?: null; own?: null; published?: null }|{ kind?: "flag"; absent?: null; ref?: null; literal?: null; tensors?: null; number?: null; flag: boolean; text?: null; numbers?: null; own?: null; published?: null }|{ kind?: "text"; absent?: null; ref?: null; literal?: null; tensors?: null; number?: null; flag?: null; text: string; numbers?: null; own?: null; published?: null }|{ kind?: "numbers"; absent?: null; ref?: null; literal?: null; tensors?: null; number?: null; flag?: null; text?: null; numbers: duet.Numbers.$Shape; own?: null; published?: null }|{ kind?: "own"; absent?: null; ref?: null; literal?: null; tensors?: null; number?: null; flag?: null; text?: null; numbers?: null; own: number; published?: null }|{ kind?: "published"; absent?: null; ref?: null; literal?: null; tensors?: null; number?: null; flag?: null; text?: null; numbers?: null; own?: null; published: number })
        );
    }

    /**
     * Properties of an Absent.
     * @deprecated Use duet.Absent.$Properties instead.
     */
    interface IAbsent extends duet.Absent.$Properties {
    }

    /** Represents an Absent. */
    class Absent {

        /**
         * Constructs a new Absent.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.Absent.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /**
         * Encodes the specified Absent message. Does not implicitly {@link duet.Absent.verify|verify} messages.
         * @param message Absent message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.Absent.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an Absent message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.Absent & duet.Absent.$Shape} Absent
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.Absent & duet.Absent.$Shape;
    }

    namespace Absent {

        /** Properties of an Absent. */
        interface $Properties {

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an Absent. */
        type $Shape = duet.Absent.$Properties;
    }

    /**
     * Properties of a Put.
     * @deprecated Use duet.Put.$Properties instead.
     */
    interface IPut extends duet.Put.$Properties {
    }

    /** Represents a Put. */
    class Put {

        /**
         * Constructs a new Put.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.Put.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Put id. */
        id: number;

        /** Put header. */
        header?: (duet.TensorHeader.$Properties|null);

        /** Put tags. */
        tags: string[];

        /** Put description. */
        description: string;

        /** Put digest. */
        digest: Uint8Array;

        /**
         * Encodes the specified Put message. Does not implicitly {@link duet.Put.verify|verify} messages.
         * @param message Put message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.Put.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Put message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.Put & duet.Put.$Shape} Put
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.Put & duet.Put.$Shape;
    }

    namespace Put {

        /** Properties of a Put. */
        interface $Properties {

            /** Put id */
            id?: (number|null);

            /** Put header */
            header?: (duet.TensorHeader.$Properties|null);

            /** Put tags */
            tags?: (string[]|null);

            /** Put description */
            description?: (string|null);

            /** Put digest */
            digest?: (Uint8Array|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Put. */
        type $Shape = duet.Put.$Properties;
    }

    /**
     * Properties of an Action.
     * @deprecated Use duet.Action.$Properties instead.
     */
    interface IAction extends duet.Action.$Properties {
    }

    /** Represents an Action. */
    class Action {

        /**
         * Constructs a new Action.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.Action.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Action id. */
        id: number;

        /** Action op. */
        op: string;

        /** Action args. */
        args: duet.Arg.$Properties[];

        /** Action number. */
        number: number;

        /** Action own. */
        own: number[];

        /**
         * Encodes the specified Action message. Does not implicitly {@link duet.Action.verify|verify} messages.
         * @param message Action message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.Action.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an Action message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.Action & duet.Action.$Shape} Action
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.Action & duet.Action.$Shape;
    }

    namespace Action {

        /** Properties of an Action. */
        interface $Properties {

            /** Action id */
            id?: (number|null);

            /** Action op */
            op?: (string|null);

            /** Action args */
            args?: (duet.Arg.$Properties[]|null);

            /** Action number */
            number?: (number|null);

            /** Action own */
            own?: (number[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an Action. */
        type $Shape = {
          id?: number|null;
          op?: string|null;
          args?: duet.Arg.$Shape[]|null;
          number?: number|null;
          own?: number[]|null;
          $unknowns?: Uint8Array[];
        };
    }

    /**
     * Properties of a Plan.
     * @deprecated Use duet.Plan.$Properties instead.
     */
    interface IPlan extends duet.Plan.$Properties {
    }

    /** Represents a Plan. */
    class Plan {

        /**
         * Constructs a new Plan.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.Plan.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Plan name. */
        name: string;

        /** Plan inputs. */
        inputs: duet.TensorHeader.$Properties[];

        /** Plan constants. */
        constants: duet.Literal.$Properties[];

        /** Plan plans. */
        plans: duet.Plan.$Properties[];

        /** Plan nodes. */
        nodes: duet.Node.$Properties[];

        /** Plan outputs. */
        outputs: number[];

        /**
         * Encodes the specified Plan message. Does not implicitly {@link duet.Plan.verify|verify} messages.
         * @param message Plan message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.Plan.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Plan message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.Plan & duet.Plan.$Shape} Plan
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.Plan & duet.Plan.$Shape;
    }

    namespace Plan {

        /** Properties of a Plan. */
        interface $Properties {

            /** Plan name */
            name?: (string|null);

            /** Plan inputs */
            inputs?: (duet.TensorHeader.$Properties[]|null);

            /** Plan constants */
            constants?: (duet.Literal.$Properties[]|null);

            /** Plan plans */
            plans?: (duet.Plan.$Properties[]|null);

            /** Plan nodes */
            nodes?: (duet.Node.$Properties[]|null);

            /** Plan outputs */
            outputs?: (number[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Plan. */
        type $Shape = {
          name?: string|null;
          inputs?: duet.TensorHeader.$Shape[]|null;
          constants?: duet.Literal.$Shape[]|null;
          plans?: duet.Plan.$Shape[]|null;
          nodes?: duet.Node.$Shape[]|null;
          outputs?: number[]|null;
          $unknowns?: Uint8Array[];
        };
    }

    /**
     * Properties of a Node.
     * @deprecated Use duet.Node.$Properties instead.
     */
    interface INode extends duet.Node.$Properties {
    }

    /** Represents a Node. */
    class Node {

        /**
         * Constructs a new Node.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.Node.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Node op. */
        op?: (duet.OpNode.$Properties|null);

        /** Node call. */
        call?: (duet.CallNode.$Properties|null);

        /** Node loop. */
        loop?: (duet.LoopNode.$Properties|null);

        /** Node grads. */
        grads?: (duet.GradsNode.$Properties|null);

        /** Node kind. */
        kind?: ("op"|"call"|"loop"|"grads");

        /**
         * Encodes the specified Node message. Does not implicitly {@link duet.Node.verify|verify} messages.
         * @param message Node message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.Node.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Node message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.Node & duet.Node.$Shape} Node
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.Node & duet.Node.$Shape;
    }

    namespace Node {

        /** Properties of a Node. */
        interface $Properties {

            /** Node op */
            op?: (duet.OpNode.$Properties|null);

            /** Node call */
            call?: (duet.CallNode.$Properties|null);

            /** Node loop */
            loop?: (duet.LoopNode.$Properties|null);

            /** Node grads */
            grads?: (duet.GradsNode.$Properties|null);

            /** Node kind */
            kind?: ("op"|"call"|"loop"|"grads");

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Narrowed shape of a Node. */
        type $Shape = {
          op?: duet.OpNode.$Shape|null;
          call?: duet.CallNode.$Shape|null;
          loop?: duet.LoopNode.$Shape|null;
          grads?: duet.GradsNode.$Shape|null;
          $unknowns?: Uint8Array[];
        } & (
          ({ kind?: undefined; op?: null; call?: null; loop?: null; grads?: null }|{ kind?: "op"; op: duet.OpNode.$Shape; call?: null; loop?: null; grads?: null }|{ kind?: "call"; op?: null; call: duet.CallNode.$Shape; loop?: null; grads?: null }|{ kind?: "loop"; op?: null; call?: null; loop: duet.LoopNode.$Shape; grads?: null }|{ kind?: "grads"; op?: null; call?: null; loop?: null; grads: duet.GradsNode.$Shape })
        );
    }

    /**
     * Properties of an OpNode.
     * @deprecated Use duet.OpNode.$Properties instead.
     */
    interface IOpNode extends duet.OpNode.$Properties {
    }

    /** Represents an OpNode. */
    class OpNode {

        /**
         * Constructs a new OpNode.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.OpNode.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** OpNode op. */
        op: string;

        /** OpNode args. */
        args: duet.PlanArg.$Properties[];

        /** OpNode outputs. */
        outputs: number;

        /** OpNode salted. */
        salted: boolean;

        /**
         * Encodes the specified OpNode message. Does not implicitly {@link duet.OpNode.verify|verify} messages.
         * @param message OpNode message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.OpNode.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an OpNode message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.OpNode & duet.OpNode.$Shape} OpNode
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.OpNode & duet.OpNode.$Shape;
    }

    namespace OpNode {

        /** Properties of an OpNode. */
        interface $Properties {

            /** OpNode op */
            op?: (string|null);

            /** OpNode args */
            args?: (duet.PlanArg.$Properties[]|null);

            /** OpNode outputs */
            outputs?: (number|null);

            /** OpNode salted */
            salted?: (boolean|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an OpNode. */
        type $Shape = {
          op?: string|null;
          args?: duet.PlanArg.$Shape[]|null;
          outputs?: number|null;
          salted?: boolean|null;
          $unknowns?: Uint8Array[];
        };
    }

    /**
     * Properties of a PlanArg.
     * @deprecated Use duet.PlanArg.$Properties instead.
     */
    interface IPlanArg extends duet.PlanArg.$Properties {
    }

    /** Represents a PlanArg. */
    class PlanArg {

        /**
         * Constructs a new PlanArg.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.PlanArg.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** PlanArg absent. */
        absent?: (duet.Absent.$Properties|null);

        /** PlanArg value. */
        value?: (number|null);

        /** PlanArg values. */
        values?: (duet.Values.$Properties|null);

        /** PlanArg number. */
        number?: (number|null);

        /** PlanArg flag. */
        flag?: (boolean|null);

        /** PlanArg text. */
        text?: (string|null);

        /** PlanArg numbers. */
        numbers?: (duet.Numbers.$Properties|null);

        /** PlanArg kind. */
        kind?: ("absent"|"value"|"values"|"number"|"flag"|"text"|"numbers");

        /**
         * Encodes the specified PlanArg message. Does not implicitly {@link duet.PlanArg.verify|verify} messages.
         * @param message PlanArg message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.PlanArg.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a PlanArg message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.PlanArg & duet.PlanArg.$Shape} PlanArg
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.PlanArg & duet.PlanArg.$Shape;
    }

    namespace PlanArg {

        /** Properties of a PlanArg. */
        interface $Properties {

            /** PlanArg absent */
            absent?: (duet.Absent.$Properties|null);

            /** PlanArg value */
            value?: (number|null);

            /** PlanArg values */
            values?: (duet.Values.$Properties|null);

            /** PlanArg number */
            number?: (number|null);

            /** PlanArg flag */
            flag?: (boolean|null);

            /** PlanArg text */
            text?: (string|null);

            /** PlanArg numbers */
            numbers?: (duet.Numbers.$Properties|null);

            /** PlanArg kind */
            kind?: ("absent"|"value"|"values"|"number"|"flag"|"text"|"numbers");

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Narrowed shape of a PlanArg. */
        type $Shape = {
          absent?: duet.Absent.$Shape|null;
          value?: number|null;
          values?: duet.Values.$Shape|null;
          number?: number|null;
          flag?: boolean|null;
          text?: string|null;
          numbers?: duet.Numbers.$Shape|null;
          $unknowns?: Uint8Array[];
        } & (
          ({ kind?: undefined; absent?: null; value?: null; values?: null; number?: null; flag?: null; text?: null; numbers?: null }|{ kind?: "absent"; absent: duet.Absent.$Shape; value?: null; values?: null; number?: null; flag?: null; text?: null; numbers?: null }|{ kind?: "value"; absent?: null; value: number; values?: null; number?: null; flag?: null; text?: null; numbers?: null }|{ kind?: "values"; absent?: null; value?: null; values: duet.Values.$Shape; number?: null; flag?: null; text?: null; numbers?: null }|{ kind?: "number"; absent?: null; value?: null; values?: null; number: number; flag?: null; text?: null; numbers?: null }|{ kind?: "flag"; absent?: null; value?: null; values?: null; number?: null; flag: boolean; text?: null; numbers?: null }|{ kind?: "text"; absent?: null; value?: null; values?: null; number?: null; flag?: null; text: string; numbers?: null }|{ kind?: "numbers"; absent?: null; value?: null; values?: null; number?: null; flag?: null; text?: null; numbers: duet.Numbers.$Shape })
        );
    }

    /**
     * Properties of a Values.
     * @deprecated Use duet.Values.$Properties instead.
     */
    interface IValues extends duet.Values.$Properties {
    }

    /** Represents a Values. */
    class Values {

        /**
         * Constructs a new Values.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.Values.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Values items. */
        items: number[];

        /**
         * Encodes the specified Values message. Does not implicitly {@link duet.Values.verify|verify} messages.
         * @param message Values message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.Values.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Values message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.Values & duet.Values.$Shape} Values
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.Values & duet.Values.$Shape;
    }

    namespace Values {

        /** Properties of a Values. */
        interface $Properties {

            /** Values items */
            items?: (number[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Values. */
        type $Shape = duet.Values.$Properties;
    }

    /**
     * Properties of a CallNode.
     * @deprecated Use duet.CallNode.$Properties instead.
     */
    interface ICallNode extends duet.CallNode.$Properties {
    }

    /** Represents a CallNode. */
    class CallNode {

        /**
         * Constructs a new CallNode.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.CallNode.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** CallNode plan. */
        plan: number;

        /** CallNode args. */
        args: number[];

        /**
         * Encodes the specified CallNode message. Does not implicitly {@link duet.CallNode.verify|verify} messages.
         * @param message CallNode message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.CallNode.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a CallNode message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.CallNode & duet.CallNode.$Shape} CallNode
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.CallNode & duet.CallNode.$Shape;
    }

    namespace CallNode {

        /** Properties of a CallNode. */
        interface $Properties {

            /** CallNode plan */
            plan?: (number|null);

            /** CallNode args */
            args?: (number[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a CallNode. */
        type $Shape = duet.CallNode.$Properties;
    }

    /**
     * Properties of a LoopNode.
     * @deprecated Use duet.LoopNode.$Properties instead.
     */
    interface ILoopNode extends duet.LoopNode.$Properties {
    }

    /** Represents a LoopNode. */
    class LoopNode {

        /**
         * Constructs a new LoopNode.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.LoopNode.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** LoopNode plan. */
        plan: number;

        /** LoopNode count. */
        count: number;

        /** LoopNode carried. */
        carried: number[];

        /** LoopNode fixed. */
        fixed: number[];

        /**
         * Encodes the specified LoopNode message. Does not implicitly {@link duet.LoopNode.verify|verify} messages.
         * @param message LoopNode message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.LoopNode.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a LoopNode message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.LoopNode & duet.LoopNode.$Shape} LoopNode
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.LoopNode & duet.LoopNode.$Shape;
    }

    namespace LoopNode {

        /** Properties of a LoopNode. */
        interface $Properties {

            /** LoopNode plan */
            plan?: (number|null);

            /** LoopNode count */
            count?: (number|null);

            /** LoopNode carried */
            carried?: (number[]|null);

            /** LoopNode fixed */
            fixed?: (number[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a LoopNode. */
        type $Shape = duet.LoopNode.$Properties;
    }

    /**
     * Properties of a GradsNode.
     * @deprecated Use duet.GradsNode.$Properties instead.
     */
    interface IGradsNode extends duet.GradsNode.$Properties {
    }

    /** Represents a GradsNode. */
    class GradsNode {

        /**
         * Constructs a new GradsNode.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.GradsNode.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** GradsNode plan. */
        plan: number;

        /** GradsNode args. */
        args: number[];

        /** GradsNode wrt. */
        wrt: number[];

        /** GradsNode dy. */
        dy?: (duet.Values.$Properties|null);

        /**
         * Encodes the specified GradsNode message. Does not implicitly {@link duet.GradsNode.verify|verify} messages.
         * @param message GradsNode message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.GradsNode.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a GradsNode message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.GradsNode & duet.GradsNode.$Shape} GradsNode
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.GradsNode & duet.GradsNode.$Shape;
    }

    namespace GradsNode {

        /** Properties of a GradsNode. */
        interface $Properties {

            /** GradsNode plan */
            plan?: (number|null);

            /** GradsNode args */
            args?: (number[]|null);

            /** GradsNode wrt */
            wrt?: (number[]|null);

            /** GradsNode dy */
            dy?: (duet.Values.$Properties|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a GradsNode. */
        type $Shape = duet.GradsNode.$Properties;
    }

    /**
     * Properties of a Define.
     * @deprecated Use duet.Define.$Properties instead.
     */
    interface IDefine extends duet.Define.$Properties {
    }

    /** Represents a Define. */
    class Define {

        /**
         * Constructs a new Define.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.Define.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Define id. */
        id: number;

        /** Define plan. */
        plan?: (duet.Plan.$Properties|null);

        /**
         * Encodes the specified Define message. Does not implicitly {@link duet.Define.verify|verify} messages.
         * @param message Define message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.Define.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Define message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.Define & duet.Define.$Shape} Define
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.Define & duet.Define.$Shape;
    }

    namespace Define {

        /** Properties of a Define. */
        interface $Properties {

            /** Define id */
            id?: (number|null);

            /** Define plan */
            plan?: (duet.Plan.$Properties|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Define. */
        type $Shape = {
          id?: number|null;
          plan?: duet.Plan.$Shape|null;
          $unknowns?: Uint8Array[];
        };
    }

    /**
     * Properties of a Call.
     * @deprecated Use duet.Call.$Properties instead.
     */
    interface ICall extends duet.Call.$Properties {
    }

    /** Represents a Call. */
    class Call {

        /**
         * Constructs a new Call.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.Call.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Call id. */
        id: number;

        /** Call plan. */
        plan: number;

        /** Call args. */
        args: duet.Operand.$Properties[];

        /** Call salt. */
        salt: number;

        /** Call drops. */
        drops: number[];

        /** Call dropParts. */
        dropParts: number[];

        /**
         * Encodes the specified Call message. Does not implicitly {@link duet.Call.verify|verify} messages.
         * @param message Call message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.Call.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Call message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.Call & duet.Call.$Shape} Call
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.Call & duet.Call.$Shape;
    }

    namespace Call {

        /** Properties of a Call. */
        interface $Properties {

            /** Call id */
            id?: (number|null);

            /** Call plan */
            plan?: (number|null);

            /** Call args */
            args?: (duet.Operand.$Properties[]|null);

            /** Call salt */
            salt?: (number|null);

            /** Call drops */
            drops?: (number[]|null);

            /** Call dropParts */
            dropParts?: (number[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Call. */
        type $Shape = {
          id?: number|null;
          plan?: number|null;
          args?: duet.Operand.$Shape[]|null;
          salt?: number|null;
          drops?: number[]|null;
          dropParts?: number[]|null;
          $unknowns?: Uint8Array[];
        };
    }

    /**
     * Properties of a Train.
     * @deprecated Use duet.Train.$Properties instead.
     */
    interface ITrain extends duet.Train.$Properties {
    }

    /** Represents a Train. */
    class Train {

        /**
         * Constructs a new Train.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.Train.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Train id. */
        id: number;

        /** Train plan. */
        plan: number;

        /** Train lastPlan. */
        lastPlan: number;

        /** Train state. */
        state: duet.Operand.$Properties[];

        /** Train data. */
        data: duet.Operand.$Properties[];

        /** Train schedule. */
        schedule: duet.Operand.$Properties[];

        /** Train fixed. */
        fixed: duet.Operand.$Properties[];

        /** Train epochs. */
        epochs: number;

        /** Train batchSize. */
        batchSize: number;

        /** Train shuffle. */
        shuffle: boolean;

        /** Train seed. */
        seed: number;

        /** Train firstStep. */
        firstStep: number;

        /** Train reportEvery. */
        reportEvery: number;

        /** Train checkpointEvery. */
        checkpointEvery: number;

        /** Train progressEvery. */
        progressEvery: number;

        /** Train name. */
        name: string;

        /**
         * Encodes the specified Train message. Does not implicitly {@link duet.Train.verify|verify} messages.
         * @param message Train message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.Train.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Train message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.Train & duet.Train.$Shape} Train
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.Train & duet.Train.$Shape;
    }

    namespace Train {

        /** Properties of a Train. */
        interface $Properties {

            /** Train id */
            id?: (number|null);

            /** Train plan */
            plan?: (number|null);

            /** Train lastPlan */
            lastPlan?: (number|null);

            /** Train state */
            state?: (duet.Operand.$Properties[]|null);

            /** Train data */
            data?: (duet.Operand.$Properties[]|null);

            /** Train schedule */
            schedule?: (duet.Operand.$Properties[]|null);

            /** Train fixed */
            fixed?: (duet.Operand.$Properties[]|null);

            /** Train epochs */
            epochs?: (number|null);

            /** Train batchSize */
            batchSize?: (number|null);

            /** Train shuffle */
            shuffle?: (boolean|null);

            /** Train seed */
            seed?: (number|null);

            /** Train firstStep */
            firstStep?: (number|null);

            /** Train reportEvery */
            reportEvery?: (number|null);

            /** Train checkpointEvery */
            checkpointEvery?: (number|null);

            /** Train progressEvery */
            progressEvery?: (number|null);

            /** Train name */
            name?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Train. */
        type $Shape = {
          id?: number|null;
          plan?: number|null;
          lastPlan?: number|null;
          state?: duet.Operand.$Shape[]|null;
          data?: duet.Operand.$Shape[]|null;
          schedule?: duet.Operand.$Shape[]|null;
          fixed?: duet.Operand.$Shape[]|null;
          epochs?: number|null;
          batchSize?: number|null;
          shuffle?: boolean|null;
          seed?: number|null;
          firstStep?: number|null;
          reportEvery?: number|null;
          checkpointEvery?: number|null;
          progressEvery?: number|null;
          name?: string|null;
          $unknowns?: Uint8Array[];
        };
    }

    /**
     * Properties of a Cancel.
     * @deprecated Use duet.Cancel.$Properties instead.
     */
    interface ICancel extends duet.Cancel.$Properties {
    }

    /** Represents a Cancel. */
    class Cancel {

        /**
         * Constructs a new Cancel.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.Cancel.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Cancel run. */
        run: number;

        /**
         * Encodes the specified Cancel message. Does not implicitly {@link duet.Cancel.verify|verify} messages.
         * @param message Cancel message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.Cancel.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Cancel message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.Cancel & duet.Cancel.$Shape} Cancel
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.Cancel & duet.Cancel.$Shape;
    }

    namespace Cancel {

        /** Properties of a Cancel. */
        interface $Properties {

            /** Cancel run */
            run?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Cancel. */
        type $Shape = duet.Cancel.$Properties;
    }

    /**
     * Properties of a Request.
     * @deprecated Use duet.Request.$Properties instead.
     */
    interface IRequest extends duet.Request.$Properties {
    }

    /** Represents a Request. */
    class Request {

        /**
         * Constructs a new Request.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.Request.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Request id. */
        id: number;

        /** Request ref. */
        ref?: (duet.Ref.$Properties|null);

        /** Request name. */
        name: string;

        /** Request reason. */
        reason: string;

        /** Request timeoutMs. */
        timeoutMs: number;

        /** Request keepMs. */
        keepMs: number;

        /**
         * Encodes the specified Request message. Does not implicitly {@link duet.Request.verify|verify} messages.
         * @param message Request message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.Request.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Request message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.Request & duet.Request.$Shape} Request
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.Request & duet.Request.$Shape;
    }

    namespace Request {

        /** Properties of a Request. */
        interface $Properties {

            /** Request id */
            id?: (number|null);

            /** Request ref */
            ref?: (duet.Ref.$Properties|null);

            /** Request name */
            name?: (string|null);

            /** Request reason */
            reason?: (string|null);

            /** Request timeoutMs */
            timeoutMs?: (number|null);

            /** Request keepMs */
            keepMs?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Request. */
        type $Shape = {
          id?: number|null;
          ref?: duet.Ref.$Shape|null;
          name?: string|null;
          reason?: string|null;
          timeoutMs?: number|null;
          keepMs?: number|null;
          $unknowns?: Uint8Array[];
        };
    }

    /**
     * Properties of a Get.
     * @deprecated Use duet.Get.$Properties instead.
     */
    interface IGet extends duet.Get.$Properties {
    }

    /** Represents a Get. */
    class Get {

        /**
         * Constructs a new Get.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.Get.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Get id. */
        id: number;

        /** Get ref. */
        ref?: (duet.Ref.$Properties|null);

        /** Get request. */
        request: number;

        /** Get deleteAfter. */
        deleteAfter: boolean;

        /**
         * Encodes the specified Get message. Does not implicitly {@link duet.Get.verify|verify} messages.
         * @param message Get message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.Get.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Get message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.Get & duet.Get.$Shape} Get
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.Get & duet.Get.$Shape;
    }

    namespace Get {

        /** Properties of a Get. */
        interface $Properties {

            /** Get id */
            id?: (number|null);

            /** Get ref */
            ref?: (duet.Ref.$Properties|null);

            /** Get request */
            request?: (number|null);

            /** Get deleteAfter */
            deleteAfter?: (boolean|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Get. */
        type $Shape = {
          id?: number|null;
          ref?: duet.Ref.$Shape|null;
          request?: number|null;
          deleteAfter?: boolean|null;
          $unknowns?: Uint8Array[];
        };
    }

    /**
     * Properties of a Confirm.
     * @deprecated Use duet.Confirm.$Properties instead.
     */
    interface IConfirm extends duet.Confirm.$Properties {
    }

    /** Represents a Confirm. */
    class Confirm {

        /**
         * Constructs a new Confirm.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.Confirm.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Confirm get. */
        get: number;

        /**
         * Encodes the specified Confirm message. Does not implicitly {@link duet.Confirm.verify|verify} messages.
         * @param message Confirm message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.Confirm.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Confirm message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.Confirm & duet.Confirm.$Shape} Confirm
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.Confirm & duet.Confirm.$Shape;
    }

    namespace Confirm {

        /** Properties of a Confirm. */
        interface $Properties {

            /** Confirm get */
            get?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Confirm. */
        type $Shape = duet.Confirm.$Properties;
    }

    /**
     * Properties of a Withdraw.
     * @deprecated Use duet.Withdraw.$Properties instead.
     */
    interface IWithdraw extends duet.Withdraw.$Properties {
    }

    /** Represents a Withdraw. */
    class Withdraw {

        /**
         * Constructs a new Withdraw.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.Withdraw.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Withdraw request. */
        request: number;

        /**
         * Encodes the specified Withdraw message. Does not implicitly {@link duet.Withdraw.verify|verify} messages.
         * @param message Withdraw message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.Withdraw.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Withdraw message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.Withdraw & duet.Withdraw.$Shape} Withdraw
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.Withdraw & duet.Withdraw.$Shape;
    }

    namespace Withdraw {

        /** Properties of a Withdraw. */
        interface $Properties {

            /** Withdraw request */
            request?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Withdraw. */
        type $Shape = duet.Withdraw.$Properties;
    }

    /**
     * Properties of a Collect.
     * @deprecated Use duet.Collect.$Properties instead.
     */
    interface ICollect extends duet.Collect.$Properties {
    }

    /** Represents a Collect. */
    class Collect {

        /**
         * Constructs a new Collect.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.Collect.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Collect id. */
        id: number;

        /** Collect kept. */
        kept: number;

        /**
         * Encodes the specified Collect message. Does not implicitly {@link duet.Collect.verify|verify} messages.
         * @param message Collect message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.Collect.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Collect message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.Collect & duet.Collect.$Shape} Collect
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.Collect & duet.Collect.$Shape;
    }

    namespace Collect {

        /** Properties of a Collect. */
        interface $Properties {

            /** Collect id */
            id?: (number|null);

            /** Collect kept */
            kept?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Collect. */
        type $Shape = duet.Collect.$Properties;
    }

    /**
     * Properties of a Forget.
     * @deprecated Use duet.Forget.$Properties instead.
     */
    interface IForget extends duet.Forget.$Properties {
    }

    /** Represents a Forget. */
    class Forget {

        /**
         * Constructs a new Forget.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.Forget.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Forget kept. */
        kept: number;

        /**
         * Encodes the specified Forget message. Does not implicitly {@link duet.Forget.verify|verify} messages.
         * @param message Forget message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.Forget.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Forget message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.Forget & duet.Forget.$Shape} Forget
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.Forget & duet.Forget.$Shape;
    }

    namespace Forget {

        /** Properties of a Forget. */
        interface $Properties {

            /** Forget kept */
            kept?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Forget. */
        type $Shape = duet.Forget.$Properties;
    }

    /**
     * Properties of a Drop.
     * @deprecated Use duet.Drop.$Properties instead.
     */
    interface IDrop extends duet.Drop.$Properties {
    }

    /** Represents a Drop. */
    class Drop {

        /**
         * Constructs a new Drop.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.Drop.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Drop ids. */
        ids: number[];

        /** Drop parts. */
        parts: number[];

        /**
         * Encodes the specified Drop message. Does not implicitly {@link duet.Drop.verify|verify} messages.
         * @param message Drop message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.Drop.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Drop message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.Drop & duet.Drop.$Shape} Drop
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.Drop & duet.Drop.$Shape;
    }

    namespace Drop {

        /** Properties of a Drop. */
        interface $Properties {

            /** Drop ids */
            ids?: (number[]|null);

            /** Drop parts */
            parts?: (number[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Drop. */
        type $Shape = duet.Drop.$Properties;
    }

    /**
     * Properties of a Catalogue.
     * @deprecated Use duet.Catalogue.$Properties instead.
     */
    interface ICatalogue extends duet.Catalogue.$Properties {
    }

    /** Represents a Catalogue. */
    class Catalogue {

        /**
         * Constructs a new Catalogue.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.Catalogue.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Catalogue objects. */
        objects: duet.Published.$Properties[];

        /** Catalogue dataSets. */
        dataSets: duet.DataSet.$Properties[];

        /**
         * Encodes the specified Catalogue message. Does not implicitly {@link duet.Catalogue.verify|verify} messages.
         * @param message Catalogue message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.Catalogue.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Catalogue message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.Catalogue & duet.Catalogue.$Shape} Catalogue
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.Catalogue & duet.Catalogue.$Shape;
    }

    namespace Catalogue {

        /** Properties of a Catalogue. */
        interface $Properties {

            /** Catalogue objects */
            objects?: (duet.Published.$Properties[]|null);

            /** Catalogue dataSets */
            dataSets?: (duet.DataSet.$Properties[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Catalogue. */
        type $Shape = duet.Catalogue.$Properties;
    }

    /**
     * Properties of a Published.
     * @deprecated Use duet.Published.$Properties instead.
     */
    interface IPublished extends duet.Published.$Properties {
    }

    /** Represents a Published. */
    class Published {

        /**
         * Constructs a new Published.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.Published.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Published id. */
        id: number;

        /** Published header. */
        header?: (duet.TensorHeader.$Properties|null);

        /** Published tags. */
        tags: string[];

        /** Published description. */
        description: string;

        /** Published columns. */
        columns: string[];

        /** Published public. */
        public: boolean;

        /** Published field. */
        field: string;

        /** Published mockOf. */
        mockOf: number;

        /** Published recordAxis. */
        recordAxis: number;

        /** Published minRecords. */
        minRecords: number;

        /**
         * Encodes the specified Published message. Does not implicitly {@link duet.Published.verify|verify} messages.
         * @param message Published message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.Published.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Published message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.Published & duet.Published.$Shape} Published
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.Published & duet.Published.$Shape;
    }

    namespace Published {

        /** Properties of a Published. */
        interface $Properties {

            /** Published id */
            id?: (number|null);

            /** Published header */
            header?: (duet.TensorHeader.$Properties|null);

            /** Published tags */
            tags?: (string[]|null);

            /** Published description */
            description?: (string|null);

            /** Published columns */
            columns?: (string[]|null);

            /** Published public */
            "public"?: (boolean|null);

            /** Published field */
            field?: (string|null);

            /** Published mockOf */
            mockOf?: (number|null);

            /** Published recordAxis */
            recordAxis?: (number|null);

            /** Published minRecords */
            minRecords?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Published. */
        type $Shape = duet.Published.$Properties;
    }

    /**
     * Properties of a DataSet.
     * @deprecated Use duet.DataSet.$Properties instead.
     */
    interface IDataSet extends duet.DataSet.$Properties {
    }

    /** Represents a DataSet. */
    class DataSet {

        /**
         * Constructs a new DataSet.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.DataSet.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** DataSet id. */
        id: number;

        /** DataSet name. */
        name: string;

        /** DataSet tags. */
        tags: string[];

        /** DataSet description. */
        description: string;

        /** DataSet fields. */
        fields: duet.Published.$Properties[];

        /** DataSet unit. */
        unit: string;

        /** DataSet units. */
        units: number;

        /** DataSet splits. */
        splits: duet.Split.$Properties[];

        /**
         * Encodes the specified DataSet message. Does not implicitly {@link duet.DataSet.verify|verify} messages.
         * @param message DataSet message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.DataSet.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a DataSet message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.DataSet & duet.DataSet.$Shape} DataSet
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.DataSet & duet.DataSet.$Shape;
    }

    namespace DataSet {

        /** Properties of a DataSet. */
        interface $Properties {

            /** DataSet id */
            id?: (number|null);

            /** DataSet name */
            name?: (string|null);

            /** DataSet tags */
            tags?: (string[]|null);

            /** DataSet description */
            description?: (string|null);

            /** DataSet fields */
            fields?: (duet.Published.$Properties[]|null);

            /** DataSet unit */
            unit?: (string|null);

            /** DataSet units */
            units?: (number|null);

            /** DataSet splits */
            splits?: (duet.Split.$Properties[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a DataSet. */
        type $Shape = duet.DataSet.$Properties;
    }

    /**
     * Properties of a Split.
     * @deprecated Use duet.Split.$Properties instead.
     */
    interface ISplit extends duet.Split.$Properties {
    }

    /** Represents a Split. */
    class Split {

        /**
         * Constructs a new Split.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.Split.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Split name. */
        name: string;

        /** Split from. */
        from: number;

        /** Split to. */
        to: number;

        /** Split units. */
        units: number;

        /**
         * Encodes the specified Split message. Does not implicitly {@link duet.Split.verify|verify} messages.
         * @param message Split message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.Split.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Split message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.Split & duet.Split.$Shape} Split
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.Split & duet.Split.$Shape;
    }

    namespace Split {

        /** Properties of a Split. */
        interface $Properties {

            /** Split name */
            name?: (string|null);

            /** Split from */
            from?: (number|null);

            /** Split to */
            to?: (number|null);

            /** Split units */
            units?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Split. */
        type $Shape = duet.Split.$Properties;
    }

    /**
     * Properties of a Gone.
     * @deprecated Use duet.Gone.$Properties instead.
     */
    interface IGone extends duet.Gone.$Properties {
    }

    /** Represents a Gone. */
    class Gone {

        /**
         * Constructs a new Gone.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.Gone.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Gone published. */
        published: number[];

        /** Gone own. */
        own: number[];

        /**
         * Encodes the specified Gone message. Does not implicitly {@link duet.Gone.verify|verify} messages.
         * @param message Gone message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.Gone.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Gone message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.Gone & duet.Gone.$Shape} Gone
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.Gone & duet.Gone.$Shape;
    }

    namespace Gone {

        /** Properties of a Gone. */
        interface $Properties {

            /** Gone published */
            published?: (number[]|null);

            /** Gone own */
            own?: (number[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Gone. */
        type $Shape = duet.Gone.$Properties;
    }

    /**
     * Properties of a Decision.
     * @deprecated Use duet.Decision.$Properties instead.
     */
    interface IDecision extends duet.Decision.$Properties {
    }

    /** Represents a Decision. */
    class Decision {

        /**
         * Constructs a new Decision.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.Decision.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Decision request. */
        request: number;

        /** Decision outcome. */
        outcome: duet.Outcome;

        /** Decision reason. */
        reason: string;

        /**
         * Encodes the specified Decision message. Does not implicitly {@link duet.Decision.verify|verify} messages.
         * @param message Decision message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.Decision.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Decision message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.Decision & duet.Decision.$Shape} Decision
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.Decision & duet.Decision.$Shape;
    }

    namespace Decision {

        /** Properties of a Decision. */
        interface $Properties {

            /** Decision request */
            request?: (number|null);

            /** Decision outcome */
            outcome?: (duet.Outcome|null);

            /** Decision reason */
            reason?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Decision. */
        type $Shape = duet.Decision.$Properties;
    }

    /** Outcome enum. */
    enum Outcome {

        /** OUTCOME_UNSPECIFIED value */
        OUTCOME_UNSPECIFIED = 0,

        /** ACCEPTED value */
        ACCEPTED = 1,

        /** DENIED value */
        DENIED = 2,

        /** EXPIRED value */
        EXPIRED = 3,

        /** REVOKED value */
        REVOKED = 4
    }

    /**
     * Properties of a Value.
     * @deprecated Use duet.Value.$Properties instead.
     */
    interface IValue extends duet.Value.$Properties {
    }

    /** Represents a Value. */
    class Value {

        /**
         * Constructs a new Value.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.Value.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Value get. */
        get: number;

        /** Value header. */
        header?: (duet.TensorHeader.$Properties|null);

        /** Value digest. */
        digest: Uint8Array;

        /** Value digits. */
        digits: number;

        /** Value receipt. */
        receipt?: (duet.Receipt.$Properties|null);

        /**
         * Encodes the specified Value message. Does not implicitly {@link duet.Value.verify|verify} messages.
         * @param message Value message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.Value.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Value message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.Value & duet.Value.$Shape} Value
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.Value & duet.Value.$Shape;
    }

    namespace Value {

        /** Properties of a Value. */
        interface $Properties {

            /** Value get */
            get?: (number|null);

            /** Value header */
            header?: (duet.TensorHeader.$Properties|null);

            /** Value digest */
            digest?: (Uint8Array|null);

            /** Value digits */
            digits?: (number|null);

            /** Value receipt */
            receipt?: (duet.Receipt.$Properties|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Value. */
        type $Shape = duet.Value.$Properties;
    }

    /**
     * Properties of a Receipt.
     * @deprecated Use duet.Receipt.$Properties instead.
     */
    interface IReceipt extends duet.Receipt.$Properties {
    }

    /** Represents a Receipt. */
    class Receipt {

        /**
         * Constructs a new Receipt.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.Receipt.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Receipt entry. */
        entry: string;

        /** Receipt previous. */
        previous: Uint8Array;

        /** Receipt signature. */
        signature: Uint8Array;

        /**
         * Encodes the specified Receipt message. Does not implicitly {@link duet.Receipt.verify|verify} messages.
         * @param message Receipt message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.Receipt.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Receipt message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.Receipt & duet.Receipt.$Shape} Receipt
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.Receipt & duet.Receipt.$Shape;
    }

    namespace Receipt {

        /** Properties of a Receipt. */
        interface $Properties {

            /** Receipt entry */
            entry?: (string|null);

            /** Receipt previous */
            previous?: (Uint8Array|null);

            /** Receipt signature */
            signature?: (Uint8Array|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Receipt. */
        type $Shape = duet.Receipt.$Properties;
    }

    /**
     * Properties of a Kept.
     * @deprecated Use duet.Kept.$Properties instead.
     */
    interface IKept extends duet.Kept.$Properties {
    }

    /** Represents a Kept. */
    class Kept {

        /**
         * Constructs a new Kept.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.Kept.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Kept items. */
        items: duet.KeptItem.$Properties[];

        /** Kept gone. */
        gone: number[];

        /**
         * Encodes the specified Kept message. Does not implicitly {@link duet.Kept.verify|verify} messages.
         * @param message Kept message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.Kept.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Kept message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.Kept & duet.Kept.$Shape} Kept
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.Kept & duet.Kept.$Shape;
    }

    namespace Kept {

        /** Properties of a Kept. */
        interface $Properties {

            /** Kept items */
            items?: (duet.KeptItem.$Properties[]|null);

            /** Kept gone */
            gone?: (number[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Kept. */
        type $Shape = duet.Kept.$Properties;
    }

    /**
     * Properties of a KeptItem.
     * @deprecated Use duet.KeptItem.$Properties instead.
     */
    interface IKeptItem extends duet.KeptItem.$Properties {
    }

    /** Represents a KeptItem. */
    class KeptItem {

        /**
         * Constructs a new KeptItem.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.KeptItem.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** KeptItem id. */
        id: number;

        /** KeptItem header. */
        header?: (duet.TensorHeader.$Properties|null);

        /** KeptItem name. */
        name: string;

        /** KeptItem outcome. */
        outcome: duet.Outcome;

        /** KeptItem reason. */
        reason: string;

        /** KeptItem leftMs. */
        leftMs: number;

        /**
         * Encodes the specified KeptItem message. Does not implicitly {@link duet.KeptItem.verify|verify} messages.
         * @param message KeptItem message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.KeptItem.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a KeptItem message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.KeptItem & duet.KeptItem.$Shape} KeptItem
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.KeptItem & duet.KeptItem.$Shape;
    }

    namespace KeptItem {

        /** Properties of a KeptItem. */
        interface $Properties {

            /** KeptItem id */
            id?: (number|null);

            /** KeptItem header */
            header?: (duet.TensorHeader.$Properties|null);

            /** KeptItem name */
            name?: (string|null);

            /** KeptItem outcome */
            outcome?: (duet.Outcome|null);

            /** KeptItem reason */
            reason?: (string|null);

            /** KeptItem leftMs */
            leftMs?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a KeptItem. */
        type $Shape = duet.KeptItem.$Properties;
    }

    /**
     * Properties of a Mine.
     * @deprecated Use duet.Mine.$Properties instead.
     */
    interface IMine extends duet.Mine.$Properties {
    }

    /** Represents a Mine. */
    class Mine {

        /**
         * Constructs a new Mine.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.Mine.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Mine items. */
        items: duet.MineItem.$Properties[];

        /**
         * Encodes the specified Mine message. Does not implicitly {@link duet.Mine.verify|verify} messages.
         * @param message Mine message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.Mine.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Mine message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.Mine & duet.Mine.$Shape} Mine
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.Mine & duet.Mine.$Shape;
    }

    namespace Mine {

        /** Properties of a Mine. */
        interface $Properties {

            /** Mine items */
            items?: (duet.MineItem.$Properties[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Mine. */
        type $Shape = duet.Mine.$Properties;
    }

    /**
     * Properties of a MineItem.
     * @deprecated Use duet.MineItem.$Properties instead.
     */
    interface IMineItem extends duet.MineItem.$Properties {
    }

    /** Represents a MineItem. */
    class MineItem {

        /**
         * Constructs a new MineItem.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.MineItem.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** MineItem id. */
        id: number;

        /** MineItem path. */
        path: number[];

        /** MineItem header. */
        header?: (duet.TensorHeader.$Properties|null);

        /** MineItem tags. */
        tags: string[];

        /** MineItem description. */
        description: string;

        /** MineItem op. */
        op: string;

        /** MineItem readable. */
        readable: boolean;

        /**
         * Encodes the specified MineItem message. Does not implicitly {@link duet.MineItem.verify|verify} messages.
         * @param message MineItem message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.MineItem.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a MineItem message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.MineItem & duet.MineItem.$Shape} MineItem
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.MineItem & duet.MineItem.$Shape;
    }

    namespace MineItem {

        /** Properties of a MineItem. */
        interface $Properties {

            /** MineItem id */
            id?: (number|null);

            /** MineItem path */
            path?: (number[]|null);

            /** MineItem header */
            header?: (duet.TensorHeader.$Properties|null);

            /** MineItem tags */
            tags?: (string[]|null);

            /** MineItem description */
            description?: (string|null);

            /** MineItem op */
            op?: (string|null);

            /** MineItem readable */
            readable?: (boolean|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a MineItem. */
        type $Shape = duet.MineItem.$Properties;
    }

    /**
     * Properties of a Failed.
     * @deprecated Use duet.Failed.$Properties instead.
     */
    interface IFailed extends duet.Failed.$Properties {
    }

    /** Represents a Failed. */
    class Failed {

        /**
         * Constructs a new Failed.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.Failed.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Failed get. */
        get: number;

        /** Failed code. */
        code: number;

        /** Failed receipt. */
        receipt?: (duet.Receipt.$Properties|null);

        /**
         * Encodes the specified Failed message. Does not implicitly {@link duet.Failed.verify|verify} messages.
         * @param message Failed message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.Failed.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Failed message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.Failed & duet.Failed.$Shape} Failed
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.Failed & duet.Failed.$Shape;
    }

    namespace Failed {

        /** Properties of a Failed. */
        interface $Properties {

            /** Failed get */
            get?: (number|null);

            /** Failed code */
            code?: (number|null);

            /** Failed receipt */
            receipt?: (duet.Receipt.$Properties|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Failed. */
        type $Shape = duet.Failed.$Properties;
    }

    /**
     * Properties of a Fault.
     * @deprecated Use duet.Fault.$Properties instead.
     */
    interface IFault extends duet.Fault.$Properties {
    }

    /** Represents a Fault. */
    class Fault {

        /**
         * Constructs a new Fault.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.Fault.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Fault about. */
        about: number;

        /** Fault code. */
        code: number;

        /**
         * Encodes the specified Fault message. Does not implicitly {@link duet.Fault.verify|verify} messages.
         * @param message Fault message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.Fault.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Fault message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.Fault & duet.Fault.$Shape} Fault
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.Fault & duet.Fault.$Shape;
    }

    namespace Fault {

        /** Properties of a Fault. */
        interface $Properties {

            /** Fault about */
            about?: (number|null);

            /** Fault code */
            code?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Fault. */
        type $Shape = duet.Fault.$Properties;
    }

    /**
     * Properties of a Progress.
     * @deprecated Use duet.Progress.$Properties instead.
     */
    interface IProgress extends duet.Progress.$Properties {
    }

    /** Represents a Progress. */
    class Progress {

        /**
         * Constructs a new Progress.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.Progress.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Progress run. */
        run: number;

        /** Progress step. */
        step: number;

        /** Progress state. */
        state: duet.RunState;

        /**
         * Encodes the specified Progress message. Does not implicitly {@link duet.Progress.verify|verify} messages.
         * @param message Progress message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.Progress.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Progress message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.Progress & duet.Progress.$Shape} Progress
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.Progress & duet.Progress.$Shape;
    }

    namespace Progress {

        /** Properties of a Progress. */
        interface $Properties {

            /** Progress run */
            run?: (number|null);

            /** Progress step */
            step?: (number|null);

            /** Progress state */
            state?: (duet.RunState|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Progress. */
        type $Shape = duet.Progress.$Properties;
    }

    /** RunState enum. */
    enum RunState {

        /** RUN_STATE_UNSPECIFIED value */
        RUN_STATE_UNSPECIFIED = 0,

        /** RUNNING value */
        RUNNING = 1,

        /** FINISHED value */
        FINISHED = 2,

        /** CANCELLED value */
        CANCELLED = 3,

        /** STOPPED value */
        STOPPED = 4
    }

    /** PairingRole enum. */
    enum PairingRole {

        /** PAIRING_ROLE_UNSPECIFIED value */
        PAIRING_ROLE_UNSPECIFIED = 0,

        /** OWNER value */
        OWNER = 1,

        /** SCIENTIST value */
        SCIENTIST = 2
    }

    /**
     * Properties of a PairingHello.
     * @deprecated Use duet.PairingHello.$Properties instead.
     */
    interface IPairingHello extends duet.PairingHello.$Properties {
    }

    /** Represents a PairingHello. */
    class PairingHello {

        /**
         * Constructs a new PairingHello.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.PairingHello.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** PairingHello version. */
        version: number;

        /** PairingHello role. */
        role: duet.PairingRole;

        /** PairingHello software. */
        software: string;

        /** PairingHello name. */
        name: string;

        /** PairingHello identity. */
        identity: Uint8Array;

        /** PairingHello certificate. */
        certificate: Uint8Array;

        /** PairingHello commitment. */
        commitment: Uint8Array;

        /** PairingHello relay. */
        relay: boolean;

        /** PairingHello relayOnly. */
        relayOnly: boolean;

        /** PairingHello answers. */
        answers: Uint8Array;

        /** PairingHello resume. */
        resume?: (duet.Resume.$Properties|null);

        /** PairingHello exchange. */
        exchange: Uint8Array;

        /**
         * Encodes the specified PairingHello message. Does not implicitly {@link duet.PairingHello.verify|verify} messages.
         * @param message PairingHello message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.PairingHello.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a PairingHello message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.PairingHello & duet.PairingHello.$Shape} PairingHello
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.PairingHello & duet.PairingHello.$Shape;
    }

    namespace PairingHello {

        /** Properties of a PairingHello. */
        interface $Properties {

            /** PairingHello version */
            version?: (number|null);

            /** PairingHello role */
            role?: (duet.PairingRole|null);

            /** PairingHello software */
            software?: (string|null);

            /** PairingHello name */
            name?: (string|null);

            /** PairingHello identity */
            identity?: (Uint8Array|null);

            /** PairingHello certificate */
            certificate?: (Uint8Array|null);

            /** PairingHello commitment */
            commitment?: (Uint8Array|null);

            /** PairingHello relay */
            relay?: (boolean|null);

            /** PairingHello relayOnly */
            relayOnly?: (boolean|null);

            /** PairingHello answers */
            answers?: (Uint8Array|null);

            /** PairingHello resume */
            resume?: (duet.Resume.$Properties|null);

            /** PairingHello exchange */
            exchange?: (Uint8Array|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a PairingHello. */
        type $Shape = duet.PairingHello.$Properties;
    }

    /**
     * Properties of a Resume.
     * @deprecated Use duet.Resume.$Properties instead.
     */
    interface IResume extends duet.Resume.$Properties {
    }

    /** Represents a Resume. */
    class Resume {

        /**
         * Constructs a new Resume.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.Resume.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Resume self. */
        self: Uint8Array;

        /** Resume peer. */
        peer: Uint8Array;

        /**
         * Encodes the specified Resume message. Does not implicitly {@link duet.Resume.verify|verify} messages.
         * @param message Resume message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.Resume.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Resume message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.Resume & duet.Resume.$Shape} Resume
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.Resume & duet.Resume.$Shape;
    }

    namespace Resume {

        /** Properties of a Resume. */
        interface $Properties {

            /** Resume self */
            self?: (Uint8Array|null);

            /** Resume peer */
            peer?: (Uint8Array|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Resume. */
        type $Shape = duet.Resume.$Properties;
    }

    /**
     * Properties of a PairingSignal.
     * @deprecated Use duet.PairingSignal.$Properties instead.
     */
    interface IPairingSignal extends duet.PairingSignal.$Properties {
    }

    /** Represents a PairingSignal. */
    class PairingSignal {

        /**
         * Constructs a new PairingSignal.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.PairingSignal.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** PairingSignal description. */
        description?: (duet.Description.$Properties|null);

        /** PairingSignal candidate. */
        candidate?: (duet.Candidate.$Properties|null);

        /** PairingSignal noMoreCandidates. */
        noMoreCandidates?: (duet.Absent.$Properties|null);

        /** PairingSignal relay. */
        relay?: (duet.Absent.$Properties|null);

        /** PairingSignal kind. */
        kind?: ("description"|"candidate"|"noMoreCandidates"|"relay");

        /**
         * Encodes the specified PairingSignal message. Does not implicitly {@link duet.PairingSignal.verify|verify} messages.
         * @param message PairingSignal message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.PairingSignal.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a PairingSignal message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.PairingSignal & duet.PairingSignal.$Shape} PairingSignal
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.PairingSignal & duet.PairingSignal.$Shape;
    }

    namespace PairingSignal {

        /** Properties of a PairingSignal. */
        interface $Properties {

            /** PairingSignal description */
            description?: (duet.Description.$Properties|null);

            /** PairingSignal candidate */
            candidate?: (duet.Candidate.$Properties|null);

            /** PairingSignal noMoreCandidates */
            noMoreCandidates?: (duet.Absent.$Properties|null);

            /** PairingSignal relay */
            relay?: (duet.Absent.$Properties|null);

            /** PairingSignal kind */
            kind?: ("description"|"candidate"|"noMoreCandidates"|"relay");

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Narrowed shape of a PairingSignal. */
        type $Shape = {
          description?: duet.Description.$Shape|null;
          candidate?: duet.Candidate.$Shape|null;
          noMoreCandidates?: duet.Absent.$Shape|null;
          relay?: duet.Absent.$Shape|null;
          $unknowns?: Uint8Array[];
        } & (
          ({ kind?: undefined; description?: null; candidate?: null; noMoreCandidates?: null; relay?: null }|{ kind?: "description"; description: duet.Description.$Shape; candidate?: null; noMoreCandidates?: null; relay?: null }|{ kind?: "candidate"; description?: null; candidate: duet.Candidate.$Shape; noMoreCandidates?: null; relay?: null }|{ kind?: "noMoreCandidates"; description?: null; candidate?: null; noMoreCandidates: duet.Absent.$Shape; relay?: null }|{ kind?: "relay"; description?: null; candidate?: null; noMoreCandidates?: null; relay: duet.Absent.$Shape })
        );
    }

    /**
     * Properties of a Description.
     * @deprecated Use duet.Description.$Properties instead.
     */
    interface IDescription extends duet.Description.$Properties {
    }

    /** Represents a Description. */
    class Description {

        /**
         * Constructs a new Description.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.Description.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Description offer. */
        offer: boolean;

        /** Description ufrag. */
        ufrag: string;

        /** Description pwd. */
        pwd: string;

        /** Description setup. */
        setup: duet.Setup;

        /** Description sctpPort. */
        sctpPort: number;

        /** Description maxMessageBytes. */
        maxMessageBytes: number;

        /**
         * Encodes the specified Description message. Does not implicitly {@link duet.Description.verify|verify} messages.
         * @param message Description message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.Description.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Description message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.Description & duet.Description.$Shape} Description
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.Description & duet.Description.$Shape;
    }

    namespace Description {

        /** Properties of a Description. */
        interface $Properties {

            /** Description offer */
            offer?: (boolean|null);

            /** Description ufrag */
            ufrag?: (string|null);

            /** Description pwd */
            pwd?: (string|null);

            /** Description setup */
            setup?: (duet.Setup|null);

            /** Description sctpPort */
            sctpPort?: (number|null);

            /** Description maxMessageBytes */
            maxMessageBytes?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Description. */
        type $Shape = duet.Description.$Properties;
    }

    /** Setup enum. */
    enum Setup {

        /** SETUP_UNSPECIFIED value */
        SETUP_UNSPECIFIED = 0,

        /** ACTPASS value */
        ACTPASS = 1,

        /** ACTIVE value */
        ACTIVE = 2,

        /** PASSIVE value */
        PASSIVE = 3
    }

    /**
     * Properties of a Candidate.
     * @deprecated Use duet.Candidate.$Properties instead.
     */
    interface ICandidate extends duet.Candidate.$Properties {
    }

    /** Represents a Candidate. */
    class Candidate {

        /**
         * Constructs a new Candidate.
         * @param [properties] Properties to set
         */
        constructor(properties?: duet.Candidate.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Candidate foundation. */
        foundation: string;

        /** Candidate component. */
        component: number;

        /** Candidate protocol. */
        protocol: string;

        /** Candidate priority. */
        priority: number;

        /** Candidate address. */
        address: string;

        /** Candidate port. */
        port: number;

        /** Candidate type. */
        type: string;

        /** Candidate relatedAddress. */
        relatedAddress: string;

        /** Candidate relatedPort. */
        relatedPort: number;

        /** Candidate tcpType. */
        tcpType: string;

        /**
         * Encodes the specified Candidate message. Does not implicitly {@link duet.Candidate.verify|verify} messages.
         * @param message Candidate message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: duet.Candidate.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Candidate message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {duet.Candidate & duet.Candidate.$Shape} Candidate
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): duet.Candidate & duet.Candidate.$Shape;
    }

    namespace Candidate {

        /** Properties of a Candidate. */
        interface $Properties {

            /** Candidate foundation */
            foundation?: (string|null);

            /** Candidate component */
            component?: (number|null);

            /** Candidate protocol */
            protocol?: (string|null);

            /** Candidate priority */
            priority?: (number|null);

            /** Candidate address */
            address?: (string|null);

            /** Candidate port */
            port?: (number|null);

            /** Candidate type */
            type?: (string|null);

            /** Candidate relatedAddress */
            relatedAddress?: (string|null);

            /** Candidate relatedPort */
            relatedPort?: (number|null);

            /** Candidate tcpType */
            tcpType?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Candidate. */
        type $Shape = duet.Candidate.$Properties;
    }
}
