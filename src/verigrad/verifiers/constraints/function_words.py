# ruff: noqa: E501, RUF001 (word lists of many languages)
"""Words that every text of a language is full of, by two-letter code."""

_WORDS = {
    "en": "a an do does did don so no she he his her my me us them than then it s t re the of and to in is that it was for with as be this are on at by from have has not you which or but they we can will would there their what when if your our",
    "de": "der die das und ist nicht ein eine einen dem den des zu mit auf für von sich auch es ich wir sie er wie war werden wird oder aber bei nach aus im am zum zur dass sind",
    "fr": "l d c qu n j s le la les des et est un une du dans que qui pour pas sur au avec ce cette il elle nous vous ne sont par plus se ou mais être aux ses leur comme je",
    "es": "el la los las y es en que de un una por con para no se del al lo como más pero sus su este esta son fue ser muy también está hay yo nosotros cuando",
    "pt": "o a os as e é em que de um uma por com para não se do da dos das no na ao como mais mas seu sua este esta são foi ser muito também está eu nós quando",
    "it": "l un dell nell all il lo la i gli le e è in che di un una per con non si del della dei delle al alla come più ma suo sua questo questa sono nel nella anche ha io noi quando",
    "nl": "de het een en is van in dat niet op te voor met zijn aan er ook als maar om door uit bij naar worden wordt deze dit hij zij wij ik nog over",
    "pl": "i w nie na się z do to jest że o jak po co ale za od dla tak tego są być ten przez jego był była oraz które który czy tym może już",
    "cs": "a v se na je že s z do to o jak po ale za od pro tak jsou být ten jeho byl byla které který co jako nebo když už při není má",
    "fi": "ja on ei se että hän oli ovat joka mutta kun myös niin kuin tai sen ole minä sinä me he tämä jos vain olla hyvin voi siitä kanssa jotka nyt",
    "sv": "och att det i är en som på för av med den till inte ett var om jag men vi de han hon sig från har kan så när eller också detta",
    "da": "og at det i er en som på for af med den til ikke et var om jeg men vi de han hun sig fra har kan så når eller også dette",
    "no": "og å det i er en som på for av med den til ikke et var om jeg men vi de han hun seg fra har kan så når eller også dette",
    "tr": "ve bir bu da de için ile çok daha ne gibi olarak ama o var en kadar ben sen biz ki değil her olan sonra mi mu ya bunu şey",
    "ro": "și în de la cu pe nu este un o care să din pentru mai că ce se sunt a fi ca dar au le el ea noi este această acest foarte",
    "hu": "a az és hogy nem is egy ez meg van de csak mint már ha vagy el még volt fel ki be én te mi ők azt ezt nagyon szép lesz",
    "id": "yang dan di ini itu dengan untuk dari tidak dalam pada adalah akan juga ke saya kami mereka ada bisa atau oleh karena sudah lebih anda sebagai dapat",
    "vi": "và của là có không được trong một những các cho với này đã người để khi từ như về đó nhiều cũng ra đến rất tôi bạn chúng ở",
    "sw": "na ya wa kwa ni katika za la cha kama hii hiyo watu yake wao lakini sana pia au hapa kuwa mimi wewe sisi huu hilo kila baada nchi",
    "ru": "и в не на что с по это как а к но из у за от он она они мы вы я его её для бы так был была было также или который",
    "uk": "і в не на що з по це як а до але із у за від він вона вони ми ви я його її для би так був була було також або який та є",
    "bg": "и в не на че с по това как а към но от за той тя те ние вие аз го я за би така беше са също или който е се да",
    "hi": "है में के और की का को से पर यह हैं ने कि एक नहीं भी हो था थे थी इस वह कर लिए तो या जो अपने",
    "mr": "आहे आणि च्या मध्ये हे तो ती या एक नाही होते होता होती आहेत की साठी पण मी तुम्ही आपण केले करून त्या हा ही",
    "ne": "छ र को मा हो यो एक लागि भएको छन् थियो पनि गर्न हुन्छ तर म तपाईं हामी यस ले बाट गरेको",
    "ar": "في من على أن إلى هذا هذه التي الذي كان مع ما لا هو هي عن أو كل قد بعد هناك كما ذلك لم يكون",
    "fa": "در از که به این را با است برای آن یک می و های شد بود تا خود هم اما یا شده کرد بر دارد",
    "ur": "ہے میں کے اور کی کا کو سے پر یہ ہیں نے کہ ایک نہیں بھی ہو تھا اس وہ کر لیے تو یا جو",
}  # fmt: skip
FUNCTION_WORDS = {name: frozenset(words.split()) for name, words in _WORDS.items()}
