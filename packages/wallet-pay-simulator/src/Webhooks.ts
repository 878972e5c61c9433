/** Sends webhooks: signs the exact bytes that it posts, and says what came back. Decides nothing about retries. */
import { Effect, Result } from "effect"
import type { HttpClientError } from "effect/http"
import { HttpClient, HttpClientRequest } from "effect/http"
import type { Instant } from "./Instant.ts"
import { iso } from "./Instant.ts"
import { sign } from "./Signature.ts"
import type { Attempt, Message, Sent, World } from "./World.ts"

export interface Delivery {
  readonly url: string
  readonly reason: Attempt["reason"]
  /** An earlier attempt's timestamp, sent again; otherwise a new one. */
  readonly timestamp?: string
  /** What to change by one character after signing, so that a receiver must refuse. */
  readonly tamper?: "body" | "timestamp" | "signature" | "path"
}

/**
 * The path to sign: as it stands in the store's settings, with the query only where asked for. Fails when a client would
 * send another path than the one written, since no receiver could then verify.
 */
export const signedPath = (url: string, withQuery: boolean): Result.Result<string, string> => {
  const match = /^https?:\/\/[^/?#@\s]+([^?#\s]*)(\?[^#\s]*)?$/.exec(url)
  if (match === null || !URL.canParse(url)) return Result.fail("must be an http or https URL without fragment")
  const path = match[1] || "/"
  return new URL(url).pathname === path
    ? Result.succeed(path + (withQuery ? (match[2] ?? "") : ""))
    : Result.fail(`must spell its path as it is sent: ${new URL(url).pathname}`)
}

/** The path with the slash at its end that it lacks, or without the one it has. `/` becomes `//`, since `/` cannot lack it. */
const otherSlash = (path: string): string => (path !== "/" && path.endsWith("/") ? path.slice(0, -1) : `${path}/`)

/** The same for the path of a URL or for a path with its query. */
const withOtherSlash = (url: string): string =>
  url.replace(
    /^(https?:\/\/[^/?#]+)?([^?#]*)/,
    (_, origin: string | undefined, path: string) => (origin ?? "") + otherSlash(path),
  )

/** Posts the messages as one array. Never fails: what goes wrong is part of what comes back. At most `timeoutMs` long. */
export const post = Effect.fnUntraced(function* (
  client: HttpClient.HttpClient,
  world: World,
  messages: ReadonlyArray<Message>,
  delivery: Delivery,
  now: Instant,
) {
  const { store } = messages[0]!
  const { webhooks } = world.settings
  const text = `[${messages.map((message) => message.json).join(",")}]`
  const { tamper } = delivery
  const { trailingSlash } = webhooks
  const written = Result.getOrThrow(signedPath(delivery.url, webhooks.signQuery))
  const path = (trailingSlash === "otherSigned") !== (tamper === "path") ? withOtherSlash(written) : written
  const url = trailingSlash === "otherPosted" ? withOtherSlash(delivery.url) : delivery.url
  const timestamp = delivery.timestamp ?? world.timestamp(now)
  const signature = sign(world.signingKey(store), "POST", path, timestamp, Buffer.from(text))
  const posted = {
    timestamp: tamper === "timestamp" ? changed(timestamp) : timestamp,
    signature: tamper === "signature" ? changed(signature) : signature,
    // The first digit of an id changes, so that the body stays JSON.
    body: tamper === "body" ? text.replace(/[0-9]/, (digit) => String((Number(digit) + 1) % 10)) : text,
  }
  const attempt: Attempt = { at: iso(now), url, reason: delivery.reason, timestamp, signature }

  const request = HttpClientRequest.post(url, {
    headers: { "walletpay-timestamp": posted.timestamp, "walletpay-signature": posted.signature },
  }).pipe(HttpClientRequest.bodyUint8Array(Buffer.from(posted.body), "application/json"))
  const outcome: Pick<Attempt, "code" | "answer" | "failure"> = yield* (
    webhooks.followRedirects ? HttpClient.followRedirects(client, 3) : client
  )
    .execute(request)
    .pipe(
      Effect.flatMap(({ status, text }) =>
        Effect.map(
          Effect.orElseSucceed(text, () => ""),
          (answer) => ({
            code: status,
            ...(answer === "" ? {} : { answer: answer.slice(0, 200) }),
          }),
        ),
      ),
      Effect.provideService(HttpClient.TracerPropagationEnabled, false),
      Effect.timeout(webhooks.timeoutMs),
      Effect.catchTags({
        TimeoutError: () => Effect.succeed({ failure: `no answer within ${webhooks.timeoutMs} ms` }),
        HttpClientError: (error) => Effect.succeed({ failure: reasonOf(error) }),
      }),
    )
  const sent: Omit<Sent, "number"> = {
    ...attempt,
    ...posted,
    ...outcome,
    store: store.profile.name,
    eventIds: messages.map(({ eventId }) => eventId),
    signedPath: path,
  }
  return { attempt: { ...attempt, ...outcome }, sent }
})

const changed = (text: string) => (text.startsWith("1") ? "2" : "1") + text.slice(1)

/** The system's word for a failed connection (ECONNREFUSED), which says more than the client's. */
const reasonOf = (error: HttpClientError.HttpClientError): string => {
  for (let cause: unknown = error.reason; cause instanceof Error; cause = cause.cause)
    if ("code" in cause && typeof cause.code === "string") return cause.code
  return error.message
}
