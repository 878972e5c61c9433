/** The provider's second check: which addresses its deliveries come from. Off by default; the signature is the real check. */
import { Config, Equal, Option, Result, Schema } from "effect"
import type { HttpServerRequest } from "effect/http"
import { IpNetwork, NetAddress } from "effect/net"

export interface AllowedSources {
  /** Addresses and networks. Empty: every address is allowed. */
  readonly sources: ReadonlyArray<NetAddress.IpAddress | IpNetwork.IpNetwork>
  /** How many proxies of ours stand in front; each adds one address to X-Forwarded-For. */
  readonly trustedProxyHops: number
}

/** `WALLETPAY_ALLOWED_IPS`: addresses and networks in CIDR form, comma-separated. `TRUSTED_PROXY_HOPS`: a number from 0. */
export const environment: Config.Config<AllowedSources> = Config.all({
  sources: Config.Array(
    Schema.Union([Schema.IpAddressFromString, Schema.IpNetworkFromString]),
    "WALLETPAY_ALLOWED_IPS",
  ).pipe(Config.withDefault([])),
  trustedProxyHops: Config.schema(
    Schema.FiniteFromString.pipe(Schema.decodeTo(Schema.Natural)),
    "TRUSTED_PROXY_HOPS",
  ).pipe(Config.withDefault(0)),
})

/**
 * Whether the request comes from an allowed address. With n trusted hops the client is the n-th address before the peer
 * in X-Forwarded-For: what a client writes into the header itself stands further left and counts for nothing. A list that
 * is too short is refused. IPv4 in IPv6 form is IPv4.
 */
export const isAllowed = (
  { sources, trustedProxyHops }: AllowedSources,
  request: Pick<HttpServerRequest.HttpServerRequest, "headers" | "remoteAddress">,
): boolean => {
  if (sources.length === 0) return true
  const forwarded = request.headers["x-forwarded-for"]?.split(",") ?? []
  const peer = Option.getOrElse(request.remoteAddress, () => "")
  const client = NetAddress.ipFromString(([...forwarded, peer].at(-1 - trustedProxyHops) ?? "").trim())
  return Result.isSuccess(client) && sources.some((source) => covers(source, NetAddress.toCanonical(client.success)))
}

const covers = (source: NetAddress.IpAddress | IpNetwork.IpNetwork, client: NetAddress.IpAddress): boolean =>
  IpNetwork.isIpNetwork(source)
    ? IpNetwork.contains(source, client)
    : Equal.equals(NetAddress.toCanonical(source), client)
