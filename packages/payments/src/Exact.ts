/** Sums of decimals as they stand in texts, whatever their digits: exact, and without a table of scales. */
import * as Money from "@paylog/domain/Money"

/** Money of what a text says, with as many digits as it has: "-12.50". For sums; it may be beyond what events hold. */
export const parse = (currency: string, text: string): Money.Money => {
  const [whole = "", decimals = ""] = text.split(".")
  return { currency, scale: decimals.length, minor: BigInt(whole + decimals) }
}

/** A stated amount as a number, also one that is kept as its own words. */
export const of = (stated: Money.Stated): Money.Money =>
  Money.isMoney(stated) ? stated : parse(stated.currency, stated.unread)

/** The sum of amounts of one currency. */
export const sum = (currency: string, amounts: Iterable<Money.Money>): Money.Money => {
  let total: Money.Money = { currency, scale: 0, minor: 0n }
  for (const amount of amounts) total = Money.add(total, amount) ?? total
  return total
}
