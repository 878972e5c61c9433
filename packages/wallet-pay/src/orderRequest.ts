/** The request to open an order, with every limit of the contract checked before anything is sent. */
import type { Scales } from "@paylog/domain/Money"
import * as Money from "@paylog/domain/Money"
import type { OrderRequest } from "@paylog/domain/PaymentProvider"
import { Result, Schema } from "effect"
import * as Wire from "./Wire.ts"

/**
 * The request on the wire, or which field the provider would refuse. Where the contract leaves the unit of a length
 * open, the strictest reading holds: at least so many code points, at most so many UTF-16 units.
 */
export const toWire = (request: OrderRequest, scales: Scales): Result.Result<Wire.CreateOrderRequest, string> =>
  Result.gen(function* () {
    const { description, timeoutSeconds, payer, autoConversion } = request
    const { min, max } = Wire.limits.description
    if (Array.from(description).length < min || description.length > max) {
      return yield* Result.fail(`description must have ${min} to ${max} characters`)
    }
    const lifetime = Wire.limits.timeoutSeconds
    if (!Number.isInteger(timeoutSeconds) || timeoutSeconds < lifetime.min || timeoutSeconds > lifetime.max) {
      return yield* Result.fail(`timeoutSeconds must be a whole number from ${lifetime.min} to ${lifetime.max}`)
    }
    if (request.externalId === "") return yield* Result.fail("externalId must not be empty")
    for (const field of ["externalId", "returnUrl", "failReturnUrl", "customData"] as const) {
      if ((request[field]?.length ?? 0) > Wire.limits.text.max) {
        return yield* Result.fail(`${field} must have at most ${Wire.limits.text.max} characters`)
      }
    }
    if (payer === "0") return yield* Result.fail("payer must be a Telegram user id")
    const amount = yield* orderAmount(request.amount, scales)
    if (autoConversion !== undefined) yield* conversion(request.amount.currency, autoConversion, scales)
    const wire: Wire.CreateOrderRequest = {
      amount,
      externalId: request.externalId,
      description,
      timeoutSeconds,
      customerTelegramUserId: payer,
      ...(autoConversion === undefined ? {} : { autoConversionCurrency: autoConversion }),
      ...(request.returnUrl === undefined ? {} : { returnUrl: request.returnUrl }),
      ...(request.failReturnUrl === undefined ? {} : { failReturnUrl: request.failReturnUrl }),
      ...(request.customData === undefined ? {} : { customData: request.customData }),
    }
    yield* Result.mapError(encodable(wire), ({ message }) => message.replaceAll(/\s+/g, " "))
    return wire
  })

const orderAmount = (amount: Money.Money, scales: Scales): Result.Result<Wire.MoneyAmount, string> => {
  const { currency: currencyCode } = amount
  const text = Money.format(amount)
  const read = Money.read(scales, currencyCode, text)
  if (Result.isFailure(read) || !Money.isMoney(read.success)) {
    return Result.fail(`amount must be in a configured currency, with no more digits than it has: ${currencyCode}`)
  }
  const minimum = Object.hasOwn(Wire.minimumAmounts, currencyCode) ? Wire.minimumAmounts[currencyCode] : undefined
  const least = Result.getOrThrow(Money.read(scales, currencyCode, minimum ?? "0"))
  const enough = Money.isMoney(least) && (Money.subtract(read.success, least)?.minor ?? -1n) >= 0n
  if (!enough || read.success.minor === 0n) {
    return Result.fail(`amount must be at least ${minimum ?? "the smallest unit of"} ${currencyCode}`)
  }
  return Result.succeed({ currencyCode, amount: Money.format(read.success) })
}

/** Only crypto currencies can be received; an order priced in one cannot be converted to another. */
const conversion = (priced: string, received: string, scales: Scales): Result.Result<void, string> => {
  const isCrypto = (code: string) => Object.hasOwn(scales, code) && !Wire.fiatCurrencies.includes(code)
  if (!isCrypto(received)) return Result.fail("autoConversion must be a configured crypto currency")
  if (isCrypto(priced) && received !== priced) {
    return Result.fail("autoConversion must be the order's own currency, since that is a crypto currency")
  }
  return Result.succeed(undefined)
}

const encodable = Schema.encodeResult(Wire.CreateOrderRequest)
