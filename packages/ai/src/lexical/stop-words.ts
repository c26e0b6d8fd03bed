/**
 * Words that say nothing about what a text is about, per language. They also tell the languages of the Latin script
 * apart: a text's language is the one whose small words it uses. Data only.
 *
 * @module
 */

const words = (list: string): ReadonlySet<string> => new Set(list.trim().split(/\s+/));

export const stopWords = {
  en: words(`a about above after again against all also am an and any are aren't as at be because been before being below between both
    but by can can't cannot could couldn't did didn't do does doesn't doing don't down during each either etc few for from further get
    got had hadn't has hasn't have haven't having he he'd he'll he's her here hers herself him himself his how i i'd i'll i'm i've if in
    into is isn't it it's its itself just let let's like many may me might more most much must my myself neither no nor not now of off
    on once only or other our ours ourselves out over own please same shall she she'd she's should shouldn't so some such tell than that
    that's the their theirs them themselves then there there's these they they'd they'll they're they've this those through to too under
    until up us very was wasn't way we we'd we'll we're we've were weren't what what's when where which while who who's whom whose why
    will with within without won't would wouldn't you you'd you'll you're you've your yours yourself yourselves`),
  es: words(`a al algo algunas algunos ante antes aquel aquella aunque cada como cómo con contra cual cuál cuáles cuales cuando cuándo
    cuánto cuanto cuánta cuántos cuántas cuantos cuantas de del desde donde dónde durante e el él ella ellas ellos en entre era eran es
    esa esas ese eso esos esta está están estaba estas este esto estos fue fueron ha había habían han hasta hay la las le les lo los más
    me mi mis mucho muchos muy nada ni no nos nosotros o os otra otras otro otros para pero poco por porque qué que quién quien quiénes
    se sea según ser si sí sido sin sobre son su sus también tanto te tiene tienen tipo todo todos tu tus un una unas uno unos usted y ya
    yo puedo puede`),
  de: words(`ab aber alle allem allen aller alles als also am an andere anderen auch auf aus bei beim bin bis bist da damit dann das dass
    daß dein deine dem den denn der des dessen die dies diese diesem diesen dieser dieses doch dort du durch ein eine einem einen einer
    eines er es etwas euch für gegen gibt habe haben hat hatte hatten hier hinter ich ihm ihn ihnen ihr ihre ihrem ihren ihrer im in ins
    ist ja jede jedem jeden jeder jedes kann kein keine können man mehr mein meine mich mir mit nach nicht nichts noch nun nur ob oder
    ohne sehr sein seine seinem seinen seiner seit sich sie sind so soll sondern um und uns unser unter vom von vor wann war waren warum
    was wegen weil welche welchem welchen welcher welches wem wen wenn wer werden wessen wie wieviel wird wo woher wohin worden wurde
    wurden während zu zum zur zwischen über viele viel`),
  fr: words(`à ai au aucun aussi autre aux avait avec avoir c ce ceci cela celle celles celui ces cet cette ceux chaque ci comme comment
    d dans de depuis des donc dont du elle elles en entre est et était étaient été être eu eux fait il ils j je l la le les leur leurs
    lors lui m ma mais me même mes moi mon n ne ni nos notre nous on ont ou où par pas pendant peu peut plus pour pourquoi puis qu quand
    que quel quelle quelles quels qui quoi s sa sans se ses si son sont sous sur t ta te tes toi ton tous tout toute toutes très tu un
    une vos votre vous y combien puis-je peux`),
  it: words(`a ad agli ai al alla alle allo anche c che chi ci come con contro cosa cui d da dagli dai dal dalla dalle dallo degli dei
    del della delle dello di dopo dove e è ed era erano essere fra gli ha hanno ho i il in io l la le lei li lo loro lui ma me mi mia mio
    molto ne negli nei nel nella nelle nello no noi non o ogni per perché però più poi posso può quale quali quando quanto quanti quanta
    quella quelle quelli quello questa queste questi questo se sei senza si sia sono sta su sua sue sugli sui sul sulla sulle suo suoi
    tra tu tutti tutto un una uno vi voi`),
  pt: words(`a à ao aos aquela aquele as às até com como da das de dela dele deles depois do dos e é ela elas ele eles em entre era eram
    essa esse esta está estão este eu foi foram há isso isto já lhe mais mas me meu meus minha muito na nas não nem no nos nós nossa
    nosso num numa o onde os ou para pela pelas pelo pelos por porque posso pode qual quais quando quanto quantos quantas que quê quem
    se sem ser seu seus sido só sob sobre são também te tem têm tinha tu um uma umas uns você vocês`),
  nl: words(`aan al alle als altijd andere ben bij daar dan dat de der deze die dit doch doen door dus een eens en er ge geen geweest
    haar had heb hebben heeft hem het hier hij hoe hoeveel hun ik in is ja je jij jullie kan kunnen maar me meer men met mij mijn moet na
    naar niet niets nog nu of om omdat onder ons ook op over te tegen toch toen tot u uit uw van veel voor waar waarom wanneer want waren
    was wat we welke werd wie wij wil worden wordt ze zelf zich zij zijn zo zonder zou`),
  tr: words(`acaba ama ancak arasında artık aslında az bana bazı belki ben beni benim bile bir biri birkaç biz bu buna bunda bundan bunlar
    bunu bunun burada çok çünkü da daha dahi de defa değil diğer diye dolayı en fakat gibi göre hangi hangisi hani hatta hem henüz hep
    hepsi her hiç için ile ilgili ise işte kaç kadar karşı kendi kez ki kim kime kimin kimi mı mi mu mü nasıl ne neden nedir nerede nereye
    nereden niçin niye o olan olarak oldu olduğu olmak olması olsa olur on ona ondan onlar onların onu onun orada oysa sadece sanki sen
    siz sonra şey şu tarafından tüm üzere var ve veya ya yani yok zaman zaten hangileri kimdir vardır`),
  ru: words(`а без более бы был была были было быть в вам вас ваш весь во вот все всего всех вы где да даже для до его ее её ей ему если
    есть еще ещё ею же за и из или им их к как какая какие какой каком какую ко когда кого которая которого которой которые который
    кто куда ли либо между меня мне многие мной мог может можно мой мы на над надо нам нас наш не него нее неё ней нет ни них но ну о об
    обо один однако он она они оно от откуда очень по под почему при про с сам свой своих со сколько так также такой там те тем то того
    тоже той только том ты у уже хотя чего чей чем через что чтобы чье чья эта эти этим этих это этого этой этом этот эту я чему`),
  ar: words(`من في على الي إلى الى عن مع هذا هذه ذلك تلك التي الذي الذين ما ماذا متى اين أين كيف كم هل لماذا لم لن لا ان أن إن كان كانت
    يكون تكون هو هي هم هن نحن انا أنا انت أنت او أو ثم قد كل بعض غير بين حتى اذا إذا لكن منذ عند عندما بعد قبل حيث اي أي ايضا أيضا كما به
    بها فيه فيها له لها عليه عليها منه منها عنه عنها و ف ب ل ك وقد ولم وفي ومن وهو وهي كانوا تم مما بسبب خلال دون ضد`),
  he: words(`של את על עם זה זאת זו הוא היא הם הן אני אתה אתם אנחנו מה מי מתי איך איפה היכן למה מדוע כמה אם או גם לא כן יש אין כי אבל אל עד רק כל
    כדי לפי אחרי לפני בין תוך היה היתה להיות אפשר יותר מאוד שלי שלך שלו שלה שלנו`),
  hi: words(`का के की को में से ने पर और है हैं था थे थी हो होता होती होते यह वह ये वे इस उस इन उन एक भी तो ही कि जो जब तब कब क्या कौन
    किस किसने किसके किसको किसकी कहाँ कहां कैसे क्यों कितने कितना कितनी कौनसा कौनसे लिए द्वारा साथ तक बाद पहले अपने अपनी अपना उनके उनकी उनका
    इसके इसकी इसका उसके उसकी उसका कर करने करते करता करती किया किए की गया गई गए जा जाता जाती जाते रहा रही रहे नहीं न या लेकिन सकता सकते सकती
    दिया दी दिए हुआ हुई हुए थीं होने कुछ सभी बीच कोई जैसे मैं हम आप मेरा मेरी मेरे`),
} as const satisfies Record<string, ReadonlySet<string>>;

export type Language = keyof typeof stopWords;
