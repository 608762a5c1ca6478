"""Which services are known by their hosts, apps and short names, and what kind of source each is. Pure tables.

A host is looked up whole, then by each of its parents: `m.facebook.com` is a host of `facebook.com`. What is written with
`=` in front stands for that host alone, since anybody can have a host below it.
"""

from enum import StrEnum


class Kind(StrEnum):
    """The kinds of sources; the last two are not significant."""

    AD = "ad"
    SEARCH = "search"
    ASSISTANT = "assistant"  # answers questions, and links to where it read
    SOCIAL = "social"
    MESSENGER = "messenger"
    EMAIL = "email"
    CAMPAIGN = "campaign"  # UTM fields that say nothing more exact
    REFERRAL = "referral"
    INTERNAL = "internal"  # the site itself, or a sign-in or payment on the way: the visit went on
    DIRECT = "direct"


CLICKS = {
    "yclid": "yandex",
    "gclid": "google",
    "gbraid": "google",
    "wbraid": "google",
    "dclid": "google",
    "fbclid": "facebook",
    "msclkid": "bing",
    "ttclid": "tiktok",
    "ctwa_clid": "whatsapp",
}
"""Click IDs and the network of each. The tag has the same list (static/tag/src/5-hits.js)."""
FREE_CLICKS = frozenset({"fbclid"})  # put on every link, paid or not

SERVICES: dict[Kind, dict[str, str]] = {
    Kind.SEARCH: {
        "bing": "=bing.com =www.bing.com =cn.bing.com =m.bing.com =www2.bing.com",
        "yahoo": "search.yahoo.com search.yahoo.co.jp =yahoo.com =www.yahoo.com =yahoo.co.jp =www.yahoo.co.jp",
        "duckduckgo": "=duckduckgo.com =www.duckduckgo.com =html.duckduckgo.com =lite.duckduckgo.com =start.duckduckgo.com =noai.duckduckgo.com",
        "baidu": "=baidu.com =www.baidu.com =m.baidu.com =image.baidu.com =wap.baidu.com",
        "naver": "search.naver.com =m.naver.com =naver.com =www.naver.com",
        "daum": "search.daum.net =daum.net =www.daum.net =m.daum.net",
        "yandex": "=ya.ru",
        "ecosia": "ecosia.org",
        "qwant": "qwant.com",
        "startpage": "startpage.com",
        "seznam": "search.seznam.cz =seznam.cz =www.seznam.cz",
        "sogou": "=sogou.com =www.sogou.com =m.sogou.com =wap.sogou.com",
        "ask": "=ask.com =www.ask.com",
        "aol": "search.aol.com =aol.com =www.aol.com",
        "rambler": "nova.rambler.ru =r0.rambler.ru",
        "mail.ru": "go.mail.ru",
        "brave": "search.brave.com",
        "so.com": "=so.com =www.so.com =m.so.com",
        "yep": "yep.com",
        "swisscows": "swisscows.com",
        "mojeek": "mojeek.com",
        "coccoc": "=coccoc.com =www.coccoc.com",
        "kagi": "=kagi.com",
        "petal": "petalsearch.com",
        "presearch": "presearch.com",
        "metager": "metager.de metager.org",
        "search.ch": "=search.ch =www.search.ch",
    },
    Kind.ASSISTANT: {
        "chatgpt": "chatgpt.com chat.openai.com",
        "gemini": "gemini.google.com bard.google.com",
        "notebooklm": "notebooklm.google.com",
        "copilot": "copilot.microsoft.com copilot.cloud.microsoft m365.cloud.microsoft edgeservices.bing.com",
        "perplexity": "perplexity.ai",
        "claude": "claude.ai",
        "deepseek": "chat.deepseek.com deepseek.com",
        "mistral": "chat.mistral.ai",
        "grok": "grok.com",
        "poe": "poe.com",
        "meta ai": "meta.ai",
        "you": "you.com",
        "phind": "phind.com",
        "duck.ai": "duck.ai",
        "alice": "alice.yandex.ru alice.ya.ru",
        "gigachat": "giga.chat gigachat.ru",
        "kimi": "kimi.com kimi.moonshot.cn",
        "qwen": "chat.qwen.ai",
        "doubao": "doubao.com",
        "pi": "=pi.ai",
    },
    Kind.SOCIAL: {
        "facebook": "facebook.com fb.com fb.me fb.watch",
        "instagram": "instagram.com ig.me instagr.am",
        "threads": "threads.net threads.com",
        "twitter": "twitter.com x.com t.co",
        "linkedin": "linkedin.com lnkd.in",
        "pinterest": "pinterest.com pinterest.de pinterest.fr pinterest.es pinterest.it pinterest.ca pinterest.co.uk pinterest.com.au pinterest.jp pinterest.ru pinterest.at pinterest.ch pinterest.pt pinterest.com.mx pin.it",
        "reddit": "reddit.com redd.it",
        "tiktok": "tiktok.com",
        "youtube": "youtube.com youtu.be youtube-nocookie.com",
        "tumblr": "=tumblr.com =www.tumblr.com t.umblr.com",
        "quora": "quora.com",
        "weibo": "weibo.com weibo.cn t.cn",
        "xing": "xing.com",
        "snapchat": "snapchat.com",
        "bluesky": "bsky.app =bsky.social go.bsky.app",
        "mastodon": "mastodon.social mastodon.online mstdn.social",
        "dzen": "dzen.ru zen.yandex.ru zen.yandex.com",
        "pikabu": "pikabu.ru",
        "twitch": "=twitch.tv =www.twitch.tv =m.twitch.tv",
        "vk": "vk.com vk.ru vkontakte.ru vk.me vk.cc vkvideo.ru",
        "odnoklassniki": "ok.ru odnoklassniki.ru",
        "livejournal": "=livejournal.com =www.livejournal.com",
        "medium": "=medium.com",
        "xiaohongshu": "xiaohongshu.com xhslink.com",
        "zhihu": "zhihu.com",
        "rutube": "rutube.ru",
        "vimeo": "vimeo.com",
        "nextdoor": "nextdoor.com",
        "naver blog": "blog.naver.com cafe.naver.com",
        "lemon8": "lemon8-app.com",
    },
    Kind.MESSENGER: {
        "telegram": "t.me telegram.me telegram.org telegram.dog",
        "whatsapp": "whatsapp.com wa.me whatsapp.net",
        "viber": "viber.com vb.me",
        "messenger": "messenger.com m.me",
        "line": "line.me lin.ee",
        "discord": "discord.com discord.gg discordapp.com",
        "slack": "slack.com",
        "skype": "skype.com",
        "teams": "teams.microsoft.com teams.live.com teams.cloud.microsoft",
        "google chat": "chat.google.com",
        "signal": "signal.org signal.me",
        "kakao": "=pf.kakao.com =talk.kakao.com =open.kakao.com",
        "wechat": "wechat.com weixin.qq.com",
        "zalo": "zalo.me chat.zalo.me",
        "imo": "imo.im",
        "element": "app.element.io",
    },
    Kind.EMAIL: {
        "gmail": "mail.google.com inbox.google.com",
        "outlook": "outlook.live.com outlook.office.com outlook.office365.com outlook.cloud.microsoft hotmail.com =outlook.com =www.outlook.com safelinks.protection.outlook.com",
        "yahoo mail": "mail.yahoo.com mail.yahoo.co.jp",
        "yandex mail": "mail.yandex.ru mail.yandex.com mail.yandex.by mail.yandex.kz mail.yandex.com.tr mail.yandex.ua mail.ya.ru",
        "mail.ru": "e.mail.ru light.mail.ru touch.mail.ru m.mail.ru octavius.mail.ru",
        "aol mail": "mail.aol.com",
        "proton": "mail.proton.me mail.protonmail.com",
        "tuta": "app.tuta.com mail.tutanota.com app.tutanota.com",
        "zoho mail": "mail.zoho.com mail.zoho.eu mail.zoho.in",
        "gmx": "navigator.gmx.net navigator-bs.gmx.net 3c.gmx.net deref-gmx.net deref-gmx.com",
        "web.de": "navigator.web.de navigator-bs.web.de 3c.web.de deref-web.de deref-web-02.de",
        "mail.com": "navigator-lxa.mail.com deref-mail.com",
        "t-online": "email.t-online.de",
        "icloud": "=www.icloud.com =icloud.com mailws.icloud.com",
        "fastmail": "app.fastmail.com =www.fastmail.com",
        "hey": "app.hey.com",
        "rambler mail": "mail.rambler.ru",
        "naver mail": "mail.naver.com",
        "daum mail": "mail.daum.net",
        "qq mail": "mail.qq.com wx.mail.qq.com",
        "163 mail": "mail.163.com mail.126.com",
        "seznam mail": "email.seznam.cz",
        "orange mail": "mail.orange.fr messagerie.orange.fr",
        "libero mail": "mail.libero.it mail1.libero.it",
    },
    Kind.REFERRAL: {
        "docs.google.com": "docs.google.com",
        "sites.google.com": "sites.google.com",
    },
    # Where people sign in or pay on their way: the visit goes on, and its advert keeps the credit.
    Kind.INTERNAL: {
        "": (
            "accounts.google.com accounts.youtube.com myaccount.google.com pay.google.com payments.google.com consent.google.com"
            " consent.youtube.com login.microsoftonline.com login.microsoft.com login.live.com account.live.com login.windows.net"
            " appleid.apple.com account.apple.com idmsa.apple.com passport.yandex.ru passport.yandex.com passport.yandex.by"
            " passport.yandex.kz passport.yandex.com.tr oauth.yandex.ru oauth.yandex.com id.yandex.ru id.vk.com id.vk.ru"
            " oauth.vk.com oauth.vk.ru login.vk.com login.vk.ru connect.ok.ru auth.mail.ru account.mail.ru id.mail.ru"
            " login.yahoo.com login.yahoo.co.jp api.twitter.com api.x.com nid.naver.com accounts.kakao.com kauth.kakao.com"
            " access.line.me id.twitch.tv account.xiaomi.com id.amazon.com signin.aws.amazon.com auth0.com okta.com"
            " oktapreview.com onelogin.com b2clogin.com ciamlogin.com amazoncognito.com duosecurity.com esia.gosuslugi.ru"
            " id.tinkoff.ru id.tbank.ru id.sber.ru online.sberbank.ru"
            " paypal.com paypal.de paypal.co.uk paypal.fr paypalobjects.com stripe.com stripe.network klarna.com adyen.com"
            " adyenpayments.com mollie.com checkout.com braintreegateway.com braintreepayments.com authorize.net worldpay.com"
            " sagepay.com opayo.co.uk opayo.eu.elavon.com 2checkout.com paddle.com fastspring.com chargebee.com recurly.com"
            " squareup.com checkout.square.site shop.app pay.shopify.com checkout.shopify.com pay.amazon.com pay.amazon.de"
            " pay.amazon.co.uk payments.amazon.com payments.amazon.de sofort.com giropay.de przelewy24.pl payu.com payu.in payu.pl"
            " secure.payu.com tpay.com dotpay.pl blik.com multisafepay.com saferpay.com datatrans.com datatrans.biz unzer.com"
            " heidelpay.com computop-paygate.com ogone.com ingenico.com postfinance.ch twint.ch swish.nu vipps.no mobilepay.dk"
            " nets.eu dibspayment.eu dibspayment.com quickpay.net bambora.com payone.com pay1.de buckaroo.nl pay.nl icepay.com"
            " cmcic-paiement.fr systempay.fr payplug.com lyra.com paybox.com sips-services.com sips-atos.com redsys.es"
            " nexi.it nexigroup.com scalapay.com getalma.eu oney.com cofidis.fr afterpay.com clearpay.co.uk affirm.com sezzle.com"
            " zip.co quadpay.com yoomoney.ru money.yandex.ru yookassa.ru qiwi.com robokassa.ru robokassa.com cloudpayments.ru"
            " securepay.tinkoff.ru securepayments.tinkoff.ru pay.tbank.ru securepayments.sberbank.ru 3dsec.sberbank.ru"
            " ecommerce.sberbank.ru qr.nspk.ru pay.alfabank.ru payanyway.ru unitpay.ru unitpay.money payonline.ru uniteller.ru"
            " liqpay.ua wayforpay.com fondy.eu portmone.com.ua iyzico.com iyzipay.com paytr.com mercadopago.com"
            " mercadopago.com.br mercadopago.com.ar mercadopago.com.mx pagseguro.uol.com.br pagseguro.com.br razorpay.com"
            " securegw.paytm.in ccavenue.com billdesk.com phonepe.com alipay.com tenpay.com tosspayments.com inicis.com kcp.co.kr"
            " nicepay.co.kr skrill.com neteller.com bitpay.com commerce.coinbase.com paysafecard.com paysafe.com trustly.com"
            " tink.com gocardless.com bluesnap.com payoneer.com truelayer.com volt.io arcot.com cardinalcommerce.com"
            " securesuite.co.uk 3dsecure.no acs.touchtechpayments.com rsa3dsauth.com netcetera.com placetopay.com"
            " wompi.co pay.weixin.qq.com payfast.co.za paystack.com flutterwave.com peachpayments.com paygate.co.za"
        )
    },
}
"""By kind and name: the hosts, parted by blanks."""

COUNTRY_BRANDS: dict[str, dict[str, Kind]] = {
    # The label before a public suffix of any country: search by these hosts alone.
    "google": dict.fromkeys(
        ["", "www", "images", "encrypted", "search", "cse", "lens", "ipv4", "ipv6"], Kind.SEARCH
    ),
    "yandex": dict.fromkeys(["", "www", "m", "search", "images", "yabs", "video"], Kind.SEARCH),
}
"""Services with a domain in nearly every country: what stands before the name, and what it then is."""

SIGN_IN_LABELS = frozenset(
    {
        "login",
        "signin",
        "sign-in",
        "sso",
        "auth",
        "oauth",
        "oauth2",
        "idp",
        "accounts",
        "passport",
        "checkout",
        "acs",
        "3ds",
        "3dsecure",
    }
)
MAIL_LABELS = frozenset({"webmail", "mail", "roundcube", "owa", "squirrelmail", "zimbra", "horde"})
"""First labels by which an unknown host of at least three labels says what it is."""

APPS: dict[Kind, dict[str, str]] = {
    Kind.SEARCH: {
        "google": "com.google.android.googlequicksearchbox com.google.android.apps.searchlite",
        "yandex": "ru.yandex.searchplugin",
        "bing": "com.microsoft.bing",
        "duckduckgo": "com.duckduckgo.mobile.android",
        "naver": "com.nhn.android.search",
        "daum": "net.daum.android.daum",
        "ecosia": "com.ecosia.android",
        "qwant": "com.qwant.liberty",
    },
    Kind.ASSISTANT: {
        "chatgpt": "com.openai.chatgpt",
        "gemini": "com.google.android.apps.bard",
        "perplexity": "ai.perplexity.app.android",
        "claude": "com.anthropic.claude",
        "copilot": "com.microsoft.copilot",
        "deepseek": "com.deepseek.chat",
        "grok": "ai.x.grok",
        "alice": "com.yandex.aliceapp",
    },
    Kind.SOCIAL: {
        "facebook": "com.facebook.katana com.facebook.lite",
        "instagram": "com.instagram.android com.instagram.lite",
        "threads": "com.instagram.barcelona",
        "twitter": "com.twitter.android com.twitter.android.lite",
        "linkedin": "com.linkedin.android com.linkedin.android.lite",
        "pinterest": "com.pinterest",
        "reddit": "com.reddit.frontpage",
        "tiktok": "com.zhiliaoapp.musically com.ss.android.ugc.trill com.zhiliaoapp.musically.go",
        "youtube": "com.google.android.youtube",
        "tumblr": "com.tumblr",
        "quora": "com.quora.android",
        "snapchat": "com.snapchat.android",
        "vk": "com.vkontakte.android",
        "odnoklassniki": "ru.ok.android",
        "dzen": "ru.zen.android",
        "twitch": "tv.twitch.android.app",
        "weibo": "com.sina.weibo",
        "xing": "com.xing.android",
        "bluesky": "xyz.blueskyweb.app",
        "mastodon": "org.joinmastodon.android",
        "nextdoor": "com.nextdoor",
    },
    Kind.MESSENGER: {
        "telegram": "org.telegram.messenger org.telegram.messenger.web org.thunderdog.challegram org.telegram.plus",
        "whatsapp": "com.whatsapp com.whatsapp.w4b",
        "viber": "com.viber.voip",
        "messenger": "com.facebook.orca com.facebook.mlite",
        "line": "jp.naver.line.android",
        "discord": "com.discord",
        "slack": "com.slack",
        "skype": "com.skype.raider",
        "teams": "com.microsoft.teams",
        "signal": "org.thoughtcrime.securesms",
        "kakao": "com.kakao.talk",
        "wechat": "com.tencent.mm",
        "zalo": "com.zing.zalo",
        "google messages": "com.google.android.apps.messaging",
        "google chat": "com.google.android.apps.dynamite",
    },
    Kind.EMAIL: {
        "gmail": "com.google.android.gm com.google.android.gm.lite",
        "outlook": "com.microsoft.office.outlook",
        "yahoo mail": "com.yahoo.mobile.client.android.mail",
        "yandex mail": "ru.yandex.mail",
        "mail.ru": "ru.mail.mailapp",
        "proton": "ch.protonmail.android",
        "samsung mail": "com.samsung.android.email.provider",
        "android mail": "com.android.email",
        "gmx": "com.gmx.mobile.android.mail",
        "web.de": "de.web.mobile.android.mail",
        "thunderbird": "net.thunderbird.android com.fsck.k9",
        "tuta": "de.tutao.tutanota",
        "fastmail": "com.fastmail.app",
    },
}
"""Apps for Android name themselves: android-app://org.telegram.messenger/"""

SHORT_NAMES = {
    "fb": "facebook",
    "ig": "instagram",
    "insta": "instagram",
    "tw": "twitter",
    "li": "linkedin",
    "pin": "pinterest",
    "tt": "tiktok",
    "yt": "youtube",
    "snap": "snapchat",
    "vkontakte": "vk",
    "ok": "odnoklassniki",
    "tg": "telegram",
    "tgm": "telegram",
    "wa": "whatsapp",
    "whatsup": "whatsapp",
    "vb": "viber",
    "ddg": "duckduckgo",
    "openai": "chatgpt",
}
"""What `utm_source` says for short."""
AD_NAMES = {
    "googleads": "google",
    "googleadwords": "google",
    "adwords": "google",
    "yandexdirect": "yandex",
    "yadirect": "yandex",
    "direct.yandex": "yandex",
    "facebookads": "facebook",
    "fbads": "facebook",
    "metaads": "facebook",
    "bingads": "bing",
    "microsoftads": "bing",
    "tiktokads": "tiktok",
    "linkedinads": "linkedin",
    "vkads": "vk",
    "mytarget": "mytarget",
}
"""Values of `utm_source` that are the name of an advertising system, without blanks, `_` and `-`."""

MEDIUMS: dict[Kind, str] = {
    Kind.AD: (
        "cpc ppc cpm cpv cpa cpp cpl cpi cps ad ads adv advert advertising display banner banners retargeting remarketing"
        " targeting sem native programmatic dsp affiliatead shoppingads searchads"
    ),
    Kind.EMAIL: "email mail newsletter newsletters mailing mailings emailmarketing edm",
    Kind.SOCIAL: "social socialnetwork socialnetworks socialmedia smm sm organicsocial socialorganic",
    Kind.MESSENGER: "messenger messengers chat chats im chatbot",
    Kind.SEARCH: "organic organicsearch seo search",
    Kind.ASSISTANT: "aiassistant assistant llm",
    Kind.REFERRAL: "referral",
}
"""Media in lower case, without blanks, `_` and `-`; what begins with `paid` is an advert's."""
