import { Markup, Telegraf } from "telegraf"

/** Somebody else's bot: plain Telegraf, as its README shows it, knowing nothing of the emulator but its address. */
export const plainBot = (token: string, apiRoot: string): Telegraf => {
  const bot = new Telegraf(token, { telegram: { apiRoot } })
  const counter = (n: number) => Markup.inlineKeyboard([Markup.button.callback("Count", `count:${n}`)])
  bot.start((ctx) => ctx.reply(`Hello, ${ctx.from.first_name}!`, counter(1)))
  bot.help((ctx) => ctx.replyWithHTML("See <b>/start</b>"))
  bot.action(/^count:(\d+)$/, async (ctx) => {
    await ctx.answerCbQuery(`Counted ${ctx.match[1]}`)
    await ctx.editMessageText(`Counted ${ctx.match[1]}`, counter(Number(ctx.match[1]) + 1))
  })
  return bot
}
