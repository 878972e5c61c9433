/** Every event that Paylog writes into the log, by aggregate: the one place where a schema becomes a codec. */
import { ErasureEvent } from "@paylog/domain/Erasure"
import { InvoiceEvent } from "@paylog/domain/Invoice"
import { QuarantineEvent } from "@paylog/domain/Quarantine"
import { UnmatchedEvent } from "@paylog/domain/Unmatched"
import * as Codec from "./Codec.ts"

export const invoice = Codec.make<InvoiceEvent>(InvoiceEvent)
export const unmatched = Codec.make<UnmatchedEvent>(UnmatchedEvent)
export const quarantine = Codec.make<QuarantineEvent>(QuarantineEvent)
export const erasure = Codec.make<ErasureEvent>(ErasureEvent)

/** All of them: their stored forms are held by golden files and by `stored-schemas.json`. */
export const all = { invoice, unmatched, quarantine, erasure }
