"""The words captions are made of: one table for each language."""

# ruff: noqa: E501 - tables are read more easily in rows.

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields

Table = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, kw_only=True)
class Phrases:
    """Phrases of one language; the ``..._words`` tables go before (or after) a noun."""

    things: Table
    terrains: Table
    seasons: Table
    times: Table
    weathers: Table
    views: Table
    season_words: Table
    time_words: Table
    weather_words: Table
    leads: tuple[str, ...]
    preposition: str
    conjunction: str
    adjective: str

    def lines(self) -> Iterator[str]:
        """Every phrase, with the place holders of templates taken out."""
        for field in fields(self):
            value = getattr(self, field.name)
            groups = value.values() if isinstance(value, Mapping) else [value]
            for group in groups:
                for line in (group,) if isinstance(group, str) else group:
                    yield line.format(place="", adjective="", noun="")


ENGLISH = Phrases(
    things={
        "sky": ("sky", "the sky", "open sky"),
        "clouds": ("clouds", "white clouds", "a cloudy sky", "a white cloud"),
        "mountain": ("mountains", "a mountain", "rocky mountains", "peaks", "a peak", "a mountain range"),
        "snowy mountain": (
            "mountains", "snowy mountains", "snow capped peaks", "snow covered mountains",
            "a mountain range with snow",
        ),
        "hill": ("hills", "rolling hills", "a hill", "green hills", "hillside"),
        "water": ("water", "still water", "a pond"),
        "lake": ("a lake", "lake", "water", "a calm lake", "lake water"),
        "sea": ("the sea", "sea", "ocean", "the ocean", "waves", "a wave"),
        "river": ("a river", "river", "a winding river", "a stream"),
        "tree": ("trees", "a tree", "forest", "a forest", "woods", "woodland"),
        "conifers": ("pine trees", "a pine tree", "a pine forest", "conifers", "a conifer", "fir trees", "spruce forest", "trees"),
        "broadleaf": ("trees", "a tree", "a forest", "oak trees", "leafy trees", "woods"),
        "bush": ("bushes", "shrubs", "a bush", "a shrub"),
        "grass": ("grass", "a meadow", "grassland", "a field", "a grassy field"),
        "flower": ("flowers", "a flower", "wildflowers", "blossoms"),
        "meadow": ("flowers", "wildflowers", "a flower meadow", "blooming flowers", "blossoms"),
        "rock": ("rocks", "a cliff", "cliffs", "rock", "rock face"),
        "stone": ("stones", "boulders", "a boulder", "stone", "scattered stones"),
        "sand": ("sand", "sandy ground"),
        "beach": ("a beach", "sandy beach", "sand", "shore"),
        "dunes": ("sand dunes", "dunes", "a dune", "sand", "desert sand"),
        "snow": ("snow", "snow on the ground", "deep snow", "a snowy field"),
        "dirt": ("dirt", "bare earth", "soil", "bare ground"),
        "gravel": ("gravel", "pebbles", "a gravel bank"),
        "mud": ("mud", "muddy ground", "wet mud"),
        "fog": ("fog", "mist", "low fog"),
        "road": ("a road", "road", "a country road", "an asphalt road"),
        "path": ("a path", "a dirt road", "a trail", "a track", "a country road"),
    },
    terrains={
        "mountains": ("mountains", "mountain landscape", "alpine scenery", "mountain view"),
        "hills": ("hills", "hilly landscape", "rolling hills", "countryside"),
        "plain": ("plain", "open plain", "flat countryside", "prairie", "fields"),
        "coast": ("coast", "seaside", "seascape", "coastline", "beach", "shore"),
        "lake": ("lake", "lakeside", "lake landscape", "lake view"),
        "river": ("river", "river valley", "riverside", "valley with river"),
        "desert": ("desert", "desert landscape", "sand dunes", "dry land"),
        "forest": ("forest", "woodland", "forest landscape", "woods"),
    },
    seasons={
        "spring": ("spring", "in spring", "springtime", "fresh green of spring"),
        "summer": ("summer", "in summer", "summertime", "lush summer"),
        "autumn": ("autumn", "in autumn", "fall colors", "autumn colours", "autumn foliage", "fall"),
        "winter": ("winter", "in winter", "snowy winter", "cold winter", "covered in snow", "wintertime"),
    },
    times={
        "dawn": ("dawn", "at dawn", "sunrise", "at sunrise", "early morning", "morning light"),
        "noon": ("noon", "at noon", "midday", "daytime", "day", "in daylight", "bright daylight"),
        "golden hour": (
            "golden hour", "at golden hour", "late afternoon", "warm evening light", "golden light",
            "low sun", "long shadows",
        ),
        "sunset": ("sunset", "at sunset", "orange sky", "evening", "setting sun", "red sky"),
        "dusk": ("dusk", "at dusk", "twilight", "blue hour", "nightfall", "after sunset"),
    },
    weathers={
        "clear": ("clear sky", "blue sky", "sunny", "clear weather", "cloudless", "fine weather"),
        "cloudy": ("cloudy", "clouds", "partly cloudy", "scattered clouds", "white clouds", "fluffy clouds"),
        "overcast": ("overcast", "grey sky", "gray sky", "dull light", "heavy clouds", "gloomy"),
        "fog": ("fog", "foggy", "misty", "mist", "hazy", "thick fog", "in the fog"),
        "rain": ("rain", "rainy", "raining", "rain clouds", "stormy", "storm", "bad weather"),
        "snowfall": ("snowfall", "snowing", "falling snow", "snowstorm", "snow flakes", "blizzard"),
    },
    views={
        "low": ("low angle", "close to the ground", "seen from the ground", "near view"),
        "standing": ("eye level", "seen by a walker", "at eye level"),
        "raised": ("seen from a hill", "elevated view", "from above"),
        "high": ("aerial view", "bird's eye view", "seen from high above", "drone view", "panorama"),
    },
    season_words={
        "spring": ("spring", "springtime", "green", "fresh", "blooming"),
        "summer": ("summer", "green", "lush", "warm"),
        "autumn": ("autumn", "fall", "colorful", "golden"),
        "winter": ("winter", "snowy", "frozen", "white", "cold", "wintry"),
    },
    time_words={
        "dawn": ("dawn", "sunrise", "morning", "early morning"),
        "noon": ("noon", "midday", "daytime", "bright"),
        "golden hour": ("golden hour", "sunlit", "golden", "afternoon"),
        "sunset": ("sunset", "evening", "red", "orange"),
        "dusk": ("dusk", "twilight", "dark", "blue hour", "night"),
    },
    weather_words={
        "clear": ("sunny", "clear", "bright", "beautiful"),
        "cloudy": ("cloudy", "partly cloudy"),
        "overcast": ("overcast", "grey", "gray", "gloomy", "moody"),
        "fog": ("foggy", "misty", "hazy", "mysterious"),
        "rain": ("rainy", "stormy", "wet", "dark"),
        "snowfall": ("snowing", "snowy", "stormy"),
    },
    leads=(
        "{place}", "{place}", "a photo of {place}", "landscape of {place}", "a view of {place}",
        "photograph of {place}", "picture of {place}", "scenery of {place}", "beautiful {place}",
        "a landscape, {place}", "nature, {place}", "wide view of {place}", "this is {place}", "there is {place}",
    ),
    preposition="with",
    conjunction="and",
    adjective="{adjective} {noun}",
)  # fmt: skip

VIETNAMESE = Phrases(
    things={
        "sky": ("bầu trời", "trời"),
        "clouds": ("mây", "mây trắng", "những đám mây"),
        "mountain": ("núi", "dãy núi", "núi đá", "đỉnh núi", "những ngọn núi"),
        "snowy mountain": ("núi", "núi tuyết", "đỉnh núi phủ tuyết", "dãy núi tuyết phủ"),
        "hill": ("đồi", "những ngọn đồi", "đồi xanh", "sườn đồi"),
        "water": ("nước", "mặt nước", "ao"),
        "lake": ("hồ", "hồ nước", "mặt hồ", "hồ nước phẳng lặng"),
        "sea": ("biển", "đại dương", "sóng biển", "mặt biển"),
        "river": ("sông", "dòng sông", "con sông uốn khúc", "suối"),
        "tree": ("cây", "rừng", "hàng cây", "rừng cây"),
        "conifers": ("rừng thông", "cây thông", "những cây thông", "rừng lá kim"),
        "broadleaf": ("cây", "rừng cây", "cây lá rộng", "những tán cây"),
        "bush": ("bụi cây", "bụi rậm", "cây bụi"),
        "grass": ("cỏ", "đồng cỏ", "bãi cỏ", "thảm cỏ"),
        "flower": ("hoa", "hoa dại"),
        "meadow": ("hoa", "hoa dại", "cánh đồng hoa", "hoa nở"),
        "rock": ("đá", "vách đá", "núi đá"),
        "stone": ("những tảng đá", "đá tảng", "hòn đá"),
        "sand": ("cát", "bãi cát"),
        "beach": ("bãi biển", "bãi cát", "bờ biển", "cát"),
        "dunes": ("cồn cát", "đụn cát", "đồi cát", "cát"),
        "snow": ("tuyết", "tuyết phủ", "mặt đất phủ tuyết", "cánh đồng tuyết"),
        "dirt": ("đất", "đất trống", "nền đất"),
        "gravel": ("sỏi", "bãi sỏi", "đá sỏi"),
        "mud": ("bùn", "bùn lầy", "đất bùn"),
        "fog": ("sương mù", "sương", "màn sương"),
        "road": ("đường", "con đường", "đường nhựa"),
        "path": ("đường mòn", "con đường đất", "lối mòn", "con đường"),
    },
    terrains={
        "mountains": ("núi", "vùng núi", "cảnh núi non", "núi rừng"),
        "hills": ("đồi", "vùng đồi", "đồi núi", "đồng quê"),
        "plain": ("đồng bằng", "cánh đồng", "thảo nguyên", "đồng quê"),
        "coast": ("bờ biển", "biển", "ven biển", "bãi biển"),
        "lake": ("hồ", "ven hồ", "bờ hồ", "hồ nước"),
        "river": ("sông", "thung lũng sông", "ven sông", "bờ sông"),
        "desert": ("sa mạc", "hoang mạc", "đồi cát", "vùng đất khô cằn"),
        "forest": ("rừng", "khu rừng", "rừng cây"),
    },
    seasons={
        "spring": ("mùa xuân", "vào mùa xuân", "tiết xuân"),
        "summer": ("mùa hè", "vào mùa hè", "mùa hạ"),
        "autumn": ("mùa thu", "vào mùa thu", "lá vàng mùa thu", "lá đỏ"),
        "winter": ("mùa đông", "vào mùa đông", "tuyết mùa đông", "mùa đông lạnh giá"),
    },
    times={
        "dawn": ("bình minh", "lúc bình minh", "sáng sớm", "buổi sáng", "rạng đông"),
        "noon": ("buổi trưa", "giữa trưa", "ban ngày", "giữa ban ngày"),
        "golden hour": ("giờ vàng", "nắng chiều", "buổi chiều", "nắng vàng", "chiều muộn"),
        "sunset": ("hoàng hôn", "lúc hoàng hôn", "mặt trời lặn", "trời đỏ rực", "buổi tối"),
        "dusk": ("chạng vạng", "lúc chạng vạng", "giờ xanh", "trời sắp tối", "nhá nhem tối"),
    },
    weathers={
        "clear": ("trời quang", "trời xanh", "trời nắng", "nắng đẹp", "trời trong"),
        "cloudy": ("có mây", "trời có mây", "mây trắng", "nhiều mây"),
        "overcast": ("trời âm u", "trời xám", "u ám", "mây dày đặc"),
        "fog": ("sương mù", "có sương mù", "mờ sương", "sương dày đặc"),
        "rain": ("mưa", "trời mưa", "có mưa", "mưa bão", "giông bão"),
        "snowfall": ("tuyết rơi", "đang có tuyết rơi", "bão tuyết"),
    },
    views={
        "low": ("góc thấp", "nhìn từ mặt đất", "nhìn gần"),
        "standing": ("ngang tầm mắt", "nhìn ngang"),
        "raised": ("nhìn từ trên đồi", "nhìn từ trên cao"),
        "high": ("nhìn từ trên không", "toàn cảnh từ trên cao", "chụp từ flycam"),
    },
    season_words={
        "spring": ("mùa xuân", "xanh tươi"),
        "summer": ("mùa hè", "xanh mướt"),
        "autumn": ("mùa thu", "vàng rực"),
        "winter": ("mùa đông", "phủ tuyết", "đầy tuyết"),
    },
    time_words={
        "dawn": ("lúc bình minh", "buổi sáng", "sáng sớm"),
        "noon": ("buổi trưa", "ban ngày"),
        "golden hour": ("trong nắng chiều", "buổi chiều"),
        "sunset": ("lúc hoàng hôn", "chiều tà"),
        "dusk": ("lúc chạng vạng", "trong bóng tối", "ban đêm"),
    },
    weather_words={
        "clear": ("trong nắng", "ngày nắng", "đẹp"),
        "cloudy": ("nhiều mây", "ngày có mây"),
        "overcast": ("âm u", "ngày u ám"),
        "fog": ("trong sương mù", "mờ sương"),
        "rain": ("trong mưa", "ngày mưa"),
        "snowfall": ("trong tuyết rơi", "ngày tuyết rơi"),
    },
    leads=(
        "{place}", "{place}", "phong cảnh {place}", "ảnh chụp {place}", "bức ảnh {place}",
        "cảnh {place}", "quang cảnh {place}", "khung cảnh {place}", "cảnh đẹp {place}",
    ),
    preposition="với",
    conjunction="và",
    adjective="{noun} {adjective}",
)  # fmt: skip
