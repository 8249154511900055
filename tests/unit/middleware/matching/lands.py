# ruff: noqa: E501, RUF001 - names stand in rows, some rows a language, and Cyrillic is meant
"""Names, places and habits of nine languages, written by hand; most names are put together from parts.

Where a name comes first in its row it is common: frequencies fall as they do in a census, about as one over the rank.
"""

from dataclasses import dataclass
from itertools import product


@dataclass(frozen=True)
class Land:
    """What customers of one country are made of."""

    codes: tuple[str, str, str]
    """ISO code, own name, English name."""
    calling: str
    trunk: str
    """What stands before a number at home instead of the calling code."""
    mobile: tuple[str, int]
    """How a mobile number begins, and its digits after that."""
    landline: int
    """Digits of a landline number."""
    postcode: str
    """Three digits of the city go before what is here; # is any digit, @ any letter."""
    men: tuple[str, ...]
    """Each with what else he goes by: `formal/nickname/nickname`."""
    women: tuple[str, ...]
    families: tuple[str, ...]
    streets: tuple[str, ...]
    """With `#` where the number stands."""
    cities: tuple[str, ...]
    states: tuple[str, ...]
    mails: tuple[str, ...]


def _land(
    country: str, phone: str, postcode: str, men: str, women: str, families: str, roots: str, endings: str,
    streets: str, stems: str, cities: str, halves: tuple[str, str], mails: str, states: str = "",
) -> Land:  # fmt: skip
    code, own, english = country.split(",")
    calling, trunk, prefix, digits, landline = phone.split(",")
    parts = [root + ending for ending, root in product(endings.split(","), roots.split(","))]
    towns = [first + second for second, first in product(halves[1].split(","), halves[0].split(","))]
    ways = [way.replace("*", stem) for stem, way in product(stems.split(","), streets.split(","))]
    return Land(
        (code, own, english), calling, trunk, (prefix, int(digits)), int(landline), postcode,
        tuple(men.split(",")), tuple(women.split(",")), (*families.split(","), *parts),
        tuple(ways), (*cities.split(","), *towns), tuple(states.split(",")), tuple(mails.split(",")),
    )  # fmt: skip


LANDS = (
    _land("US,USA,United States", "1,,,10,10", "##",
          "James/Jim/Jimmy,Robert/Bob/Rob,John/Johnny/Jack,Michael/Mike,David/Dave,William/Bill/Will,Richard/Rick/Dick,Joseph/Joe,Thomas/Tom,Christopher/Chris,Charles/Charlie/Chuck,Daniel/Dan,Matthew/Matt,Anthony/Tony,Mark,Steven/Steve,Andrew/Andy/Drew,Joshua/Josh,Kevin,Brian,Edward/Ed/Ted,Timothy/Tim,Jason,Ryan,Nicholas/Nick,Gary,Eric,Jonathan/Jon,Benjamin/Ben,Samuel/Sam,Gregory/Greg,Frank,Patrick/Pat,Raymond/Ray,Dennis,Tyler,Aaron,Henry/Hank,Nathan/Nate,Zachary/Zach,Walter/Walt,Kyle,Carl,Dylan,Gerald/Jerry,Noah,Elliott,Wesley/Wes,Clarence,Dexter",
          "Mary,Patricia/Pat/Patty,Jennifer/Jen/Jenny,Linda,Elizabeth/Liz/Beth/Betty,Barbara/Barb,Susan/Sue,Jessica/Jess,Sarah,Karen,Margaret/Peggy/Maggie,Lisa,Nancy,Sandra/Sandy,Ashley,Kimberly/Kim,Emily,Donna,Michelle/Shelly,Carol,Amanda/Mandy,Melissa/Missy,Deborah/Debbie/Deb,Stephanie/Steph,Rebecca/Becky,Laura,Cynthia/Cindy,Kathleen/Kathy,Amy,Angela/Angie,Katherine/Kate/Katie,Christine/Chris/Tina,Olivia/Liv,Emma,Grace,Samantha/Sam,Rachel,Victoria/Vicky/Tori,Julia,Megan/Meg,Hannah,Abigail/Abby,Theresa/Terry,Judith/Judy,Alexandra/Alex/Sandy,Joyce,Harriet,Ruth,Josephine/Jo/Josie,Winifred/Winnie",
          "Smith,Johnson,Williams,Brown,Jones,Miller,Davis,Wilson,Anderson,Taylor,Moore,Jackson,Lee,Thompson,White,Harris,Clark,Lewis,Robinson,Walker,Young,Allen,King,Wright,Scott,Hill,Green,Adams,Nelson,Baker,Hall,Campbell,Mitchell,Carter,Roberts",
          "Ash,Brad,Cal,Den,Ed,Farn,Good,Hart,Ken,Lang,Mill,North,Oak,Pem,Rad,Sher,Thorn,Under,Wal,West,Black,Stan,Hol,Hamp,Wood", "ton,ley,ford,well,wood,man,field,ridge,worth,burn,by,son",
          "# * Street,# * Avenue,# * Drive,# * Road,# * Lane,# * Court", "Main,Oak,Maple,Park,Church,Washington,Lake,Hill,Cedar,Elm,Pine,River,Sunset,Jackson,Franklin,Spring,Highland,Mill,Adams,Chestnut,Prospect,Walnut,Orchard,Forest",
          "Springfield,Dayton,Albany,Salem,Portland,Austin,Columbus,Phoenix", ("Green,Fair,Brook,Clear,Rock,Spring,Mill,Lake,Wood,Oak", "ville,field,port,view,dale,wood"), "gmail.com,yahoo.com,outlook.com,aol.com,icloud.com", "IL,OH,NY,OR,TX,CA,PA,FL,WA,MI"),
    _land("DE,Deutschland,Germany", "49,0,15,9,9", "##",
          "Thomas/Tom,Michael/Micha,Andreas/Andi,Peter,Stefan/Steff,Christian/Chris,Johannes/Hans/Hannes,Martin,Wolfgang/Wolf,Klaus,Jürgen,Frank,Matthias/Matze,Alexander/Alex,Markus,Friedrich/Fritz,Jörg,Günther,Tobias/Tobi,Sebastian/Basti,Florian/Flo,Maximilian/Max,Benjamin/Ben/Benni,Lukas,Felix,Jonas,Uwe,Dirk,Heinrich/Heinz/Heiner,Joachim/Achim/Jochen,Bernhard/Bernd,Ulrich/Uli,Manfred,Dominik/Domi,Philipp,Karsten,Ralf,Torsten,Rüdiger,Gerhard/Gerd,Moritz,Hartmut,Ludwig,Jakob,Konstantin,Leopold/Poldi,Anton/Toni,Emil,Georg/Schorsch,Oskar",
          "Sabine,Susanne/Susi,Katharina/Kathi,Petra,Andrea,Claudia,Anna,Julia,Christine,Stefanie/Steffi,Monika/Moni,Elisabeth/Elli/Lisa,Nicole,Heike,Birgit,Margarete/Grete,Karin,Ursula/Uschi,Anja,Sandra,Maria,Martina,Angelika/Geli,Gabriele/Gabi,Barbara/Babsi,Johanna/Hanna,Lena,Laura,Sophie,Franziska/Franzi,Jana,Ingrid,Renate,Silke,Antje,Brigitte/Gitti,Magdalena/Lena,Charlotte/Lotte,Kerstin,Ute,Käthe,Friederike/Rike,Veronika/Vroni,Theresa/Resi,Helene,Eva,Dörte,Wiebke,Alexandra/Alex,Jennifer/Jenny",
          "Müller,Schmidt,Schneider,Fischer,Weber,Meyer,Wagner,Becker,Schulz,Hoffmann,Schäfer,Koch,Bauer,Richter,Klein,Wolf,Schröder,Neumann,Schwarz,Zimmermann,Braun,Krüger,Hofmann,Hartmann,Lange,Schmitt,Werner,Krause,Meier,Lehmann,Köhler,Groß,Weiß,Böhm,Jung",
          "Acker,Bach,Berg,Birken,Brunn,Dorn,Eichen,Feld,Gruber,Heid,Hollen,Kalten,Linden,Mühl,Nieder,Ober,Reuter,Rosen,Stein,Tann,Vogel,Wald,Wiesen,Zell,Kirch", "mann,inger,bauer,bach,meier,feld,hofer,berger,stein,egger,hauser,müller",
          "*straße #,*weg #,*gasse #,*allee #,*platz #", "Haupt,Bahnhof,Garten,Schiller,Goethe,Linden,Schul,Kirch,Berg,Wald,Wiesen,Mozart,Beethoven,Birken,Rosen,Mühlen,Dorf,Ring,Ahorn,Tannen,Brunnen,Feld,Markt,Burg,Eichen",
          "Berlin,München,Köln,Düsseldorf,Hamburg,Leipzig,Nürnberg,Würzburg", ("Alten,Neu,Ober,Linden,Wald,Stein,Rosen,Königs,Mühl,Bären", "burg,hausen,stadt,bach,heim,dorf"), "web.de,gmx.de,gmail.com,t-online.de,outlook.de", "Bayern,Hessen,Sachsen,NRW,Berlin,Hamburg"),
    _land("FR,France,France", "33,0,6,8,9", "##",
          "Jean/Jeannot,Pierre/Pierrot,Michel,Philippe/Phil,Alain,Nicolas/Nico,Christophe/Chris,Frédéric/Fred,Stéphane/Steph,Patrick,Laurent/Lolo,David,Julien/Ju,Sébastien/Seb,Éric,Thomas/Tom,Olivier,François,Alexandre/Alex,Antoine/Toine,Guillaume/Guigui,Vincent/Vince,Benoît/Ben,Jérôme,Maxime/Max,Mathieu/Mat,Louis/Loulou,Hugo,Gérard/Gégé,Jean-Pierre,Jean-Luc,Didier,Bernard,Rémi,Lucas,Théo,Benjamin/Ben,Romain,Étienne,Grégoire/Greg,Cédric,Yves,Raphaël/Raph,Denis,Baptiste,Clément,Gaëtan,Thibault,Emmanuel/Manu,Édouard/Ed",
          "Marie,Nathalie/Nat,Isabelle/Isa,Catherine/Cathy,Sylvie,Françoise,Sandrine,Stéphanie/Steph,Céline,Valérie/Val,Christine/Kiki,Véronique/Véro,Sophie/Soso,Aurélie,Julie,Camille/Cam,Émilie/Mimi,Élodie,Claire,Caroline/Caro,Anne,Hélène,Manon,Léa,Chloé,Inès,Virginie,Brigitte/Bri,Monique,Delphine,Laurence,Pauline,Charlotte/Chacha,Mathilde,Élisabeth/Babette,Marguerite/Margot,Anne-Sophie,Geneviève,Juliette,Lucie,Florence/Flo,Alexandra/Alex,Joséphine/Jo,Agnès,Bénédicte,Corinne/Coco,Dominique/Domi,Éléonore,Noémie,Solène",
          "Martin,Bernard,Dubois,Thomas,Robert,Richard,Petit,Durand,Leroy,Moreau,Simon,Laurent,Lefèvre,Michel,Garcia,David,Bertrand,Roux,Vincent,Fournier,Morel,Girard,André,Mercier,Dupont,Lambert,Bonnet,François,Martinez,Legrand,Garnier,Faure,Rousseau,Blanc,Guérin",
          "Bar,Beau,Bel,Bon,Char,Clav,Cor,Dar,Font,Gaill,Gal,Jol,Lam,Marc,Mon,Nav,Per,Pel,Rav,Ren,Sal,Tav,Val,Ver,Vill", "ault,ier,eau,et,ard,on,in,elle,ière,ot,ac,oux",
          "# rue *,# avenue *,# boulevard *,# place *,# allée *", "Victor Hugo,de la République,des Lilas,Jean Jaurès,Pasteur,de la Gare,de l'Église,Voltaire,Foch,Gambetta,du Moulin,des Écoles,Émile Zola,de Paris,des Tilleuls,Saint-Michel,du Château,Jules Ferry,de la Paix,Carnot,des Roses,Molière,du Stade,Clemenceau",
          "Paris,Lyon,Marseille,Toulouse,Nîmes,Orléans,Bordeaux,Besançon", ("Beau,Mont,Château,Saint-,Ville,Roche,Clair,Belle,Fontaine,Val", "neuf,fort,martin,mont,bourg,lieu"), "orange.fr,gmail.com,free.fr,hotmail.fr,laposte.net"),
    _land("ES,España,Spain", "34,,6,8,9", "##",
          "Antonio/Toño,José/Pepe,Manuel/Manolo,Francisco/Paco/Fran,Juan,David,José Antonio,Javier/Javi,Daniel/Dani,Carlos,Jesús/Chus,Alejandro/Álex,Miguel,Rafael/Rafa,Pedro,Pablo,Ángel,Sergio,Fernando/Nando,Jorge,Luis,Alberto/Berto,Álvaro,Adrián,Diego,Ignacio/Nacho,Raúl,Enrique/Quique,Iván,Rubén,Óscar,Andrés,Joaquín/Quino,Santiago/Santi,Eduardo/Edu,Víctor,Roberto,Jaime,Mario,Ricardo,Marcos,Salvador/Salva,Guillermo/Guille,Gregorio/Goyo,Emilio,Gonzalo,Hugo,Tomás,Agustín,Bartolomé/Bartolo",
          "María,Carmen,Ana,Isabel/Isa,Dolores/Lola,Laura,Cristina/Cris,Marta,Pilar/Pili,Lucía,Sara,Paula,Elena,Raquel,Rosario/Charo,Teresa/Tere,María Teresa/Maite,Concepción/Concha,Mercedes/Merche,Beatriz/Bea,Francisca/Paqui,Patricia/Patri,Silvia,Rocío,Julia,Irene,Alba,Montserrat/Montse,Nuria,Andrea,Rosa,Inmaculada/Inma,Ángela,Margarita/Marga,Consuelo/Chelo,Encarnación/Encarna,Sofía,Alicia,Begoña,Guadalupe/Lupe,Eva,Josefa/Pepa,Claudia,Verónica/Vero,Esperanza,Catalina/Cati,Yolanda/Yoli,Natalia,Asunción/Asun,Susana",
          "García,Rodríguez,González,Fernández,López,Martínez,Sánchez,Pérez,Gómez,Martín,Jiménez,Ruiz,Hernández,Díaz,Moreno,Muñoz,Álvarez,Romero,Alonso,Gutiérrez,Navarro,Torres,Domínguez,Vázquez,Ramos,Gil,Ramírez,Serrano,Blanco,Molina,Suárez,Castro,Ortega,Núñez,Peña",
          "Alar,Bel,Barr,Cab,Cald,Can,Carr,Ech,Esc,Fer,Gal,Her,Lar,Lim,Mont,Mor,Ola,Pal,Quin,Rob,Sal,Seg,Tol,Val,Zab", "ero,ales,edo,ez,ano,ado,eta,illo,aga,era,ondo,oso",
          "Calle * #,C/ * #,Avenida * #,Plaza * #,Paseo * #", "Mayor,Real,del Sol,de la Constitución,San Juan,Nueva,Goya,Cervantes,de Andalucía,del Carmen,Velázquez,de la Fuente,Colón,de España,San Antonio,del Prado,Olivos,Castilla,de la Iglesia,Libertad,Santa Ana,Aragón,del Río,Serrano",
          "Madrid,Barcelona,Sevilla,Málaga,Valencia,León,Cádiz,Logroño", ("Villa,Torre,Monte,Puente,Castel,Fuente,Campo,Peña,Agua,Val", "nueva,blanca,mayor,real,verde,rubia"), "gmail.com,hotmail.es,yahoo.es,telefonica.net,outlook.es"),
    _land("IT,Italia,Italy", "39,,3,9,9", "##",
          "Giuseppe/Beppe/Peppe,Giovanni/Gianni,Antonio/Tonino,Mario,Luigi/Gigi,Francesco/Franco,Angelo,Vincenzo/Enzo,Pietro,Salvatore/Totò,Carlo,Franco,Domenico/Mimmo,Bruno,Paolo,Michele,Giorgio,Alessandro/Sandro/Ale,Andrea,Marco,Roberto,Stefano,Luca,Matteo/Teo,Lorenzo/Renzo,Davide,Federico/Fede,Riccardo/Ricky,Simone,Gabriele,Leonardo/Leo,Niccolò,Filippo/Pippo,Edoardo/Edo,Claudio,Massimo,Raffaele/Lello,Alberto,Daniele/Dani,Fabio,Giacomo,Gianluca/Luca,Enrico,Emanuele,Sergio,Nicola,Umberto,Tommaso,Eugenio,Ettore",
          "Maria,Anna,Giuseppina/Pina,Rosa,Angela,Giovanna/Vanna,Teresa,Lucia,Carmela,Caterina/Rina,Francesca/Franca,Antonietta,Elena,Paola,Laura,Giulia/Giuli,Chiara,Sara,Martina,Alessandra/Sandra/Ale,Silvia,Valentina/Vale,Federica/Fede,Elisabetta/Betta,Roberta,Simona,Claudia,Barbara,Michela,Cristina,Alice,Sofia,Margherita/Rita,Patrizia,Daniela,Monica,Stefania,Ilaria,Eleonora/Nora,Beatrice/Bea,Concetta,Vincenza/Enza,Domenica/Mimma,Raffaella/Lella,Serena,Ludovica,Giorgia,Marta,Emanuela,Luisa",
          "Rossi,Russo,Ferrari,Esposito,Bianchi,Romano,Colombo,Ricci,Marino,Greco,Bruno,Gallo,Conti,De Luca,Mancini,Costa,Giordano,Rizzo,Lombardi,Moretti,Barbieri,Fontana,Santoro,Mariani,Rinaldi,Caruso,Ferrara,Galli,Martini,Leone,D'Angelo,Longo,Gentile,Martinelli,Vitale",
          "Bart,Bell,Ben,Bern,Cal,Cast,Cav,Cor,Fal,Fer,Gal,Ghi,Lam,Mal,Mart,Mor,Pag,Pel,Pell,Rav,Sal,Ser,Tom,Val,Zan", "etti,ini,oni,elli,acci,ato,ucci,aro,ante,esi,otti,aldi",
          "Via * #,Viale * #,Corso * #,Piazza * #,Via * n. #", "Roma,Garibaldi,Mazzini,Dante,Cavour,Verdi,Marconi,Italia,Vittorio Emanuele,Manzoni,Galilei,Leopardi,San Francesco,XX Settembre,della Libertà,Piave,dei Mille,Puccini,Colombo,Carducci,Gramsci,Matteotti,Rossini,della Repubblica",
          "Roma,Milano,Napoli,Torino,Forlì,Bologna,Firenze,Bari", ("Monte,Castel,Villa,San,Ponte,Campo,Rocca,Torre,Bel,Borgo", "franco,vecchio,marino,lungo,fiorito,verde"), "libero.it,gmail.com,virgilio.it,hotmail.it,tiscali.it", "RM,MI,NA,TO,BO,FI"),
    _land("BR,Brasil,Brazil", "55,0,119,8,10", "##-###",
          "José/Zé,João/Joãozinho,Antônio/Tonho/Toninho,Francisco/Chico,Carlos/Cacá,Paulo/Paulinho,Pedro/Pedrinho,Lucas,Luiz/Lula,Marcos/Marquinhos,Gabriel/Biel,Rafael/Rafa,Daniel/Dani,Marcelo,Bruno,Eduardo/Edu/Dudu,Felipe/Lipe,Rodrigo/Digo,Manoel/Mané,Mateus,André/Dedé,Fernando/Nando,Fábio,Leonardo/Léo,Gustavo/Guga,Guilherme/Gui,Leandro,Tiago,Anderson,Ricardo,Márcio,Jorge,Sebastião/Tião,Alexandre/Xande,Roberto/Beto,Vitor,Diego,Sérgio,Cláudio,Raimundo,Caio,Vinícius/Vini,Henrique,Murilo,Otávio,Joaquim/Quim,Alberto/Beto,Augusto,Renato,Geraldo",
          "Maria,Ana/Aninha,Francisca/Chica,Antônia,Adriana/Dri,Juliana/Ju,Márcia,Fernanda/Nanda,Patrícia/Paty,Aline,Sandra,Camila/Mila,Amanda,Bruna,Jéssica,Letícia/Lê,Júlia,Luciana/Lu,Vanessa,Mariana/Mari,Gabriela/Gabi,Vera,Beatriz/Bia,Larissa/Lari,Cláudia,Simone,Renata/Rê,Luana,Carla,Daniela/Dani,Conceição,Paula,Tereza,Isabel/Bel,Aparecida/Cida,Helena/Leninha,Sônia,Natália,Rosângela,Lúcia,Alessandra/Alê,Cristina/Cris,Débora,Raquel,Eliane,Tatiana/Tati,Viviane/Vivi,Priscila/Pri,Elisabete/Bete,Rafaela/Rafa",
          "da Silva,dos Santos,Oliveira,de Souza,Rodrigues,Ferreira,Alves,Pereira,Lima,Gomes,Costa,Ribeiro,Martins,Carvalho,Almeida,Lopes,Soares,Fernandes,Vieira,Barbosa,Rocha,Dias,Nascimento,Andrade,Moreira,Nunes,Marques,Machado,Mendes,Freitas,Cardoso,Ramos,Gonçalves,Araújo,Teixeira",
          "Alm,Azev,Bar,Bel,Bor,Cald,Cam,Car,Cast,Cerq,Coel,Fig,Gal,Guim,Mac,Mag,Med,Mont,Nog,Pach,Per,Pim,Quei,Sal,Val", "eira,ares,inho,al,ado,eiro,elo,edo,ães,ido,osa,ino",
          "Rua * #,Avenida * #,R. * #,Travessa * #,Alameda * #", "das Flores,Brasil,São João,XV de Novembro,Sete de Setembro,Tiradentes,Santos Dumont,Paulista,da Paz,Dom Pedro II,Rio Branco,Getúlio Vargas,São José,Amazonas,Bahia,Santo Antônio,Castro Alves,do Comércio,Rui Barbosa,Independência,Minas Gerais,das Palmeiras,Bela Vista,Primeiro de Maio",
          "São Paulo,Curitiba,Goiânia,Maceió,Salvador,Recife,Belém,Florianópolis", ("Nova ,Porto ,Campo ,São ,Santa ,Monte ,Ribeirão ,Barra ,Vila ,Boa ", "Alegre,Grande,Bonito,Verde,Velha,Real"), "gmail.com,hotmail.com,uol.com.br,bol.com.br,terra.com.br", "SP,RJ,MG,PR,GO,BA,RS"),
    _land("NL,Nederland,Netherlands", "31,0,6,8,9", "# @@",
          "Johannes/Jan/Hans,Cornelis/Kees/Cor,Hendrik/Henk,Willem/Wim,Petrus/Piet/Peter,Gerrit/Ger,Jacobus/Koos/Jaap,Adrianus/Ad,Martinus/Martin,Daan,Sem,Lucas/Luuk,Bram,Thomas/Tom,Ruben,Sven,Jeroen,Dennis,Marco,Erik,Rob,Bas,Theodorus/Theo,Antonius/Ton/Toon,Maarten,Niels,Mark,Robert/Rob,Jasper,Tim,Joost,Bart,Frank,Pieter/Piet,Dirk,Gijs,Wouter,Sander,Lambertus/Bert,Albertus/Bert,Franciscus/Frans,Nicolaas/Nico,Mathijs/Thijs,Stefan,Michiel,Rutger,Casper,Alexander/Alex,Leonardus/Leo,Christiaan/Chris",
          "Maria/Ria/Marie,Johanna/Jo/Annie,Anna/Anneke,Cornelia/Corrie,Elisabeth/Els/Lies,Catharina/Toos/Trijn,Wilhelmina/Willy/Mien,Sanne,Femke,Lotte,Eva,Iris,Emma,Julia,Sophie,Lisa,Marieke,Ingrid,Monique,Linda,Esther,Petra,Margaretha/Greet/Margriet,Hendrika/Riek,Jacoba/Coby,Adriana/Adrie,Petronella/Nel,Saskia,Anouk,Fleur,Roos,Noor,Annemarie,Wendy,Mirjam,Karin,Marloes,Inge,Manon,Ellen,Geertruida/Truus,Hanneke,Yvonne,Astrid,Claudia,Renske,Francisca/Sien,Maaike,Jolanda,Brigitta/Brit",
          "de Jong,Jansen,de Vries,van den Berg,van Dijk,Bakker,Janssen,Visser,Smit,Meijer,de Boer,Mulder,de Groot,Bos,Vos,Peters,Hendriks,van Leeuwen,Dekker,Brouwer,de Wit,Dijkstra,Smits,de Graaf,van der Meer,van der Linden,Kok,Jacobs,de Haan,Vermeulen,van den Heuvel,van der Veen,van den Broek,de Bruijn,Schouten",
          "Boer,Brink,Dijk,Eik,Haak,Heer,Hoek,Hof,Kamp,Klein,Koster,Kuip,Leeuw,Molen,Noord,Oever,Post,Riet,Roos,Schel,Terp,Veen,Water,Wijn,Zijl", "stra,sma,huis,veld,ink,kamp,man,ma,ing,aard,horst,wijk",
          "*straat #,*weg #,*laan #,*plein #,*singel #", "Kerk,Dorps,Molen,School,Station,Julianas,Beatrix,Wilhelmina,Nieuwe,Eiken,Linden,Prinsen,Hoofd,Park,Beuken,Markt,Haven,Kastanje,Rozen,Tulpen,Vondel,Rembrandt,Berken,Oranje",
          "Amsterdam,Rotterdam,Utrecht,Breda,Zwolle,Groningen,Haarlem,Tilburg", ("Nieuw,Oud,Veen,Wester,Ooster,Heer,Zand,Lande,Molen,Water", "dam,hoven,veen,wijk,burg,dorp"), "gmail.com,ziggo.nl,kpnmail.nl,hotmail.nl,live.nl"),
    _land("PL,Polska,Poland", "48,,5,8,9", "##",
          "Piotr/Piotrek,Krzysztof/Krzysiek,Andrzej/Jędrek,Tomasz/Tomek,Paweł,Jan/Janek,Michał,Marcin,Jakub/Kuba,Adam,Łukasz,Marek,Grzegorz/Grzesiek,Mateusz/Mati,Wojciech/Wojtek,Mariusz,Dariusz/Darek,Zbigniew/Zbyszek,Maciej/Maciek,Rafał,Robert,Jerzy/Jurek,Kamil,Jacek,Dawid,Ryszard/Rysiek,Szymon,Kacper,Stanisław/Staszek,Tadeusz/Tadek,Jarosław/Jarek,Artur,Sławomir/Sławek,Sebastian,Henryk/Heniek,Patryk,Damian,Mirosław/Mirek,Przemysław/Przemek,Roman,Józef/Józek,Karol,Kazimierz/Kazik,Filip,Marian,Leszek,Bartosz/Bartek,Antoni/Antek,Franciszek/Franek,Edward/Edek",
          "Anna/Ania,Maria/Marysia,Katarzyna/Kasia,Małgorzata/Gosia,Agnieszka/Aga,Barbara/Basia,Ewa,Krystyna/Krysia,Magdalena/Magda,Elżbieta/Ela,Joanna/Asia,Aleksandra/Ola,Zofia/Zosia,Monika,Teresa,Danuta/Danka,Natalia,Karolina/Karola,Marta,Julia/Julka,Beata,Dorota,Janina,Alicja/Ala,Jadwiga/Jadzia,Jolanta/Jola,Halina,Iwona,Grażyna,Irena,Justyna,Weronika/Wera,Zuzanna/Zuzia,Hanna/Hania,Izabela/Iza,Urszula/Ula,Bożena,Wiktoria,Sylwia,Paulina,Renata,Lena,Emilia,Gabriela/Gabrysia,Patrycja,Kinga,Helena/Hela,Wanda,Lucyna,Stanisława/Stasia",
          "Nowak,Kowalski,Wiśniewski,Wójcik,Kowalczyk,Kamiński,Lewandowski,Zieliński,Szymański,Woźniak,Dąbrowski,Kozłowski,Jankowski,Mazur,Kwiatkowski,Wojciechowski,Krawczyk,Kaczmarek,Piotrowski,Grabowski,Zając,Pawłowski,Michalski,Król,Wieczorek,Jabłoński,Wróbel,Nowakowski,Majewski,Olszewski,Stępień,Malinowski,Jaworski,Adamczyk,Dudek",
          "Bar,Biel,Bor,Brzez,Czar,Dob,Dąb,Gór,Grab,Jan,Kal,Kam,Kos,Lip,Łuk,Maj,Mal,Mor,Ostr,Pol,Rad,Sob,Star,Wit,Zar", "owski,czak,ewicz,iński,ik,ecki,ek,ak,owicz,uk,ycki,oń",
          "ul. * #,al. * #,* #,os. * #,ulica * #", "Długa,Polna,Mickiewicza,Słoneczna,Leśna,Krótka,Szkolna,Ogrodowa,Lipowa,Łąkowa,Kwiatowa,Kościelna,Sosnowa,Sienkiewicza,Parkowa,Akacjowa,Kościuszki,Zielona,Brzozowa,Słowackiego,Spacerowa,Wiosenna,Ogrodników,Chopina",
          "Warszawa,Kraków,Łódź,Wrocław,Gdańsk,Poznań,Lublin,Rzeszów", ("Nowy ,Stary ,Biała ,Wielka ,Mała ,Dobra ,Zielona ,Czarna ,Górny ,Dolny ", "Dwór,Góra,Woda,Wola,Las,Brzeg"), "wp.pl,onet.pl,gmail.com,o2.pl,interia.pl"),
    _land("RU,Россия,Russia", "7,8,9,9,10", "###",
          "Александр/Саша,Сергей/Серёжа,Владимир/Вова/Володя,Андрей,Алексей/Лёша,Дмитрий/Дима,Николай/Коля,Иван/Ваня,Михаил/Миша,Евгений/Женя,Виктор/Витя,Юрий/Юра,Игорь,Максим/Макс,Анатолий/Толя,Олег,Павел/Паша,Василий/Вася,Роман/Рома,Денис,Антон/Тоша,Валерий/Валера,Виталий/Виталик,Константин/Костя,Вячеслав/Слава,Артём/Тёма,Никита,Илья,Борис/Боря,Кирилл,Пётр/Петя,Геннадий/Гена,Григорий/Гриша,Вадим,Станислав/Стас,Даниил/Даня,Егор,Руслан,Тимофей/Тима,Фёдор/Федя,Леонид/Лёня,Георгий/Гоша,Степан/Стёпа,Семён/Сёма,Глеб,Матвей,Лев/Лёва,Арсений/Сеня,Эдуард/Эдик,Тимур",
          "Елена/Лена,Ольга/Оля,Наталья/Наташа,Татьяна/Таня,Анна/Аня,Ирина/Ира,Светлана/Света,Мария/Маша,Екатерина/Катя,Людмила/Люда,Галина/Галя,Анастасия/Настя,Юлия/Юля,Марина,Валентина/Валя,Надежда/Надя,Любовь/Люба,Дарья/Даша,Виктория/Вика,Алла,Лариса/Лара,Ксения/Ксюша,Евгения/Женя,Вера,Александра/Саша,Алина,Полина/Поля,Кристина,Елизавета/Лиза,Оксана,Инна,Нина,Тамара/Тома,Зинаида/Зина,Софья/Соня,Яна,Вероника/Ника,Маргарита/Рита,Валерия/Лера,Диана,Раиса/Рая,Лидия/Лида,Антонина/Тоня,Варвара/Варя,Жанна,Алёна,Снежана,Эльвира,Римма,Кира",
          "Иванов,Смирнов,Кузнецов,Попов,Васильев,Петров,Соколов,Михайлов,Новиков,Фёдоров,Морозов,Волков,Алексеев,Лебедев,Семёнов,Егоров,Павлов,Козлов,Степанов,Николаев,Орлов,Андреев,Макаров,Никитин,Захаров,Зайцев,Соловьёв,Борисов,Яковлев,Григорьев,Романов,Воробьёв,Сергеев,Щербаков,Жуков",
          "Бар,Бел,Бор,Вор,Гор,Гр,Дар,Ер,Зар,Кал,Кар,Кор,Лаз,Лук,Мал,Мор,Наз,Пол,Род,Сав,Сел,Тар,Тим,Фил,Чер", "ов,енко,ин,анов,аков,чук,ухин,оньков,инов,ышев,ский,еев",
          "ул. * #,* ул. #,пр. * #,пер. * #", "Ленина,Мира,Садовая,Советская,Молодёжная,Центральная,Школьная,Лесная,Новая,Победы,Гагарина,Пушкина,Кирова,Заречная,Октябрьская,Комсомольская,Зелёная,Набережная,Чехова,Горького,Первомайская,Солнечная,Полевая,Луговая",
          "Москва,Санкт-Петербург,Казань,Самара,Пермь,Новосибирск,Екатеринбург,Тюмень", ("Бело,Ново,Старо,Красно,Верхне,Нижне,Черно,Право,Свято,Высоко", "горск,реченск,дольск,морск,озёрск,камск"), "mail.ru,yandex.ru,gmail.com,rambler.ru,bk.ru"),
)  # fmt: skip
