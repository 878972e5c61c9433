/** Whether the provider can be asked at present. A layer around the provider knows; without one, it always can be. */
import { Context, Effect, Schema } from "effect"

/** The circuit is open: nothing is sent for so long. */
export class NotNow extends Schema.TaggedError<NotNow>()("NotNow", { afterMs: Schema.Finite }) {
  override readonly message = "The provider does not answer at present"
}

/** For a step that must not begin unless the provider can be asked: sends a harmless call when it may be time to look again. */
export const Circuit = Context.Reference<{ readonly admit: Effect.Effect<void, NotNow> }>("payments/Circuit", {
  defaultValue: () => ({ admit: Effect.void }),
})
