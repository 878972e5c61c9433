import { Schema } from "effect"

/** No server could be started; the message says why and, where there is one, the way out. */
export class StartFailed extends Schema.TaggedError<StartFailed>()("StartFailed", { message: Schema.String }) {}
