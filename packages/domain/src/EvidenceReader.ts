/** The port to a provider's kept deliveries: what was verified when it came is read again by the code of today. */
import type { Effect } from "effect"
import { Context, Schema } from "effect"
import type { DeliveryItem } from "./PaymentProvider.ts"

export interface Reread {
  /** As it arrived. */
  readonly body: Uint8Array
  /** One for each element of the body, in its order. */
  readonly items: ReadonlyArray<DeliveryItem>
  /**
   * `Verified`: its signature holds under the key that it names. `KeyGone`: that key is not among those at hand, so that
   * only the log says that it was verified when it came.
   */
  readonly signature: "Verified" | "KeyGone"
}

/** The bytes are no evidence of this provider, or their signature does not hold under the key that they name. */
export class EvidenceRefused extends Schema.TaggedError<EvidenceRefused>()("EvidenceRefused", {
  reason: Schema.String,
}) {
  override readonly message = `The kept delivery is refused: ${this.reason}`
}

export class EvidenceReader extends Context.Service<
  EvidenceReader,
  {
    /** The provider's name, as in events. */
    readonly provider: string
    /** Pure computation. */
    readonly read: (evidence: Uint8Array) => Effect.Effect<Reread, EvidenceRefused>
  }
>()("domain/EvidenceReader") {}
