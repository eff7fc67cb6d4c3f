/** The consent to be written to about the shop's goods. */

/** The name of the text `account.news.agree`: whoever changes what it says gives it another one. */
export const NEWS_WORDING = 'news-1'
